using DataSync.Platform.Tenancy;

namespace DataSync.Refine.Ai.Answers;

/// <summary>Answers that were paid for, and what each tenant has spent. Under the database's tenant isolation, like all of a tenant's.</summary>
internal sealed class AnswerStore(TenantDatabase database, AiOptions options)
{
    /// <summary>Calls counted by their estimates.</summary>
    public Outstanding Outstanding { get; } = new();

    /// <summary>An answer given before; null where there is none, or none that is young enough.</summary>
    public async Task<string?> FindAsync(string tenantId, byte[] key, CancellationToken ct)
    {
        await using var batch = await database.BatchAsync(tenantId, durable: false, ct);
        batch.Add("SELECT answer::text FROM ai_answers WHERE tenant_id = $1 AND key = $2 AND created_at > now() - $3", tenantId, key, TimeSpan.FromDays(options.CacheDays));
        await using var row = await batch.ReadAsync(ct);
        return await row.ReadAsync(ct) ? row.GetString(0) : null;
    }

    /// <summary>
    /// Counts a call before it is made; null where the tenant's budget does not reach. One statement, so that calls at the same time, on whatever machine, cannot spend the same
    /// money. If the process dies before it is set right, the estimate stands: the call may have been paid.
    /// </summary>
    public async Task<Reservation?> ReserveAsync(string tenantId, long input, long output, CancellationToken ct)
    {
        var cost = options.CostMicros(input, output);
        await using var batch = await database.BatchAsync(tenantId, durable: false, ct);
        batch.Add(
            """
            INSERT INTO ai_usage AS u (tenant_id, month, calls, input_tokens, output_tokens, cost_micros)
            SELECT $1, date_trunc('month', now() AT TIME ZONE 'UTC')::date, 1, $2, $3, $4 WHERE ($5 = 0 OR $2 + $3 <= $5) AND ($6 = 0 OR $4 <= $6)
            ON CONFLICT (tenant_id, month) DO UPDATE SET calls = u.calls + 1, input_tokens = u.input_tokens + $2, output_tokens = u.output_tokens + $3, cost_micros = u.cost_micros + $4
                WHERE ($5 = 0 OR u.input_tokens + u.output_tokens + $2 + $3 <= $5) AND ($6 = 0 OR u.cost_micros + $4 <= $6)
            RETURNING month
            """,
            tenantId, input, output, cost, options.TenantTokens, (long)(options.TenantBudget * 1_000_000));
        await using var row = await batch.ReadAsync(ct);
        var reservation = await row.ReadAsync(ct) ? new Reservation(await row.GetFieldValueAsync<DateOnly>(0, ct), input, output, cost) : null;
        await row.CloseAsync(); // the reservation holds from here
        if (reservation is not null) Outstanding.Add(tenantId);
        return reservation;
    }

    /// <summary>Sets a call's count right; one that was not paid for is no call.</summary>
    public Task SettleAsync(string tenantId, Reservation reserved, long input, long output, CancellationToken ct) => SettleAsync(tenantId, reserved, input, output, null, null, ct);

    /// <summary>The same, and keeps the answer: when this returns, it will not be paid for again.</summary>
    public async Task SettleAsync(string tenantId, Reservation reserved, long input, long output, byte[]? key, string? answer, CancellationToken ct)
    {
        try
        {
            await SetRightAsync(tenantId, reserved, input, output, key, answer, ct);
        }
        finally
        {
            Outstanding.Remove(tenantId);
        }
    }

    /// <summary>Nobody will know what the call took: its estimate stands.</summary>
    public void LetStand(string tenantId) => Outstanding.Remove(tenantId);

    private async Task SetRightAsync(string tenantId, Reservation reserved, long input, long output, byte[]? key, string? answer, CancellationToken ct)
    {
        var isKept = key is not null && answer is not null && options.CacheDays > 0;
        await using var batch = await database.BatchAsync(tenantId, durable: isKept, ct);
        batch.Add(
            "UPDATE ai_usage SET calls = calls - $3, input_tokens = input_tokens + $4, output_tokens = output_tokens + $5, cost_micros = cost_micros + $6 WHERE tenant_id = $1 AND month = $2",
            tenantId, reserved.Month, input + output == 0 ? 1L : 0L, input - reserved.Input, output - reserved.Output, options.CostMicros(input, output) - reserved.CostMicros);
        if (isKept)
        {
            batch.Add(
                """
                INSERT INTO ai_answers (tenant_id, key, answer, input_tokens, output_tokens) VALUES ($1, $2, $3::json, $4, $5)
                ON CONFLICT (tenant_id, key) DO UPDATE SET answer = excluded.answer, input_tokens = excluded.input_tokens, output_tokens = excluded.output_tokens, created_at = now()
                """,
                tenantId, key!, answer!, input, output);
        }

        await batch.ExecuteAsync(ct);
    }

    /// <summary>What the tenant has used this month.</summary>
    public async Task<AiUsage> UsageAsync(string tenantId, CancellationToken ct)
    {
        await using var batch = await database.BatchAsync(tenantId, durable: false, ct);
        batch.Add(
            """
            SELECT m.month, coalesce(u.calls, 0), coalesce(u.input_tokens, 0), coalesce(u.output_tokens, 0), coalesce(u.cost_micros, 0)
            FROM (SELECT date_trunc('month', now() AT TIME ZONE 'UTC')::date AS month) m LEFT JOIN ai_usage u ON u.tenant_id = $1 AND u.month = m.month
            """,
            tenantId);
        await using var row = await batch.ReadAsync(ct);
        await row.ReadAsync(ct);
        return new AiUsage
        {
            TenantId = tenantId,
            Month = await row.GetFieldValueAsync<DateOnly>(0, ct),
            Calls = row.GetInt64(1),
            InputTokens = row.GetInt64(2),
            OutputTokens = row.GetInt64(3),
            CostMicros = row.GetInt64(4),
        };
    }
}

/// <summary>A call that was counted before it is made.</summary>
internal sealed record Reservation(DateOnly Month, long Input, long Output, long CostMicros);
