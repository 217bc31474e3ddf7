using DataSync.Pipeline.Enriching;
using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Tenancy;
using DataSync.Refine.Ai.Budget;

namespace DataSync.Refine.Ai.Answers;

/// <summary>Answers that were paid for, and what each tenant has spent. Under the database's tenant isolation, like all of a tenant's.</summary>
internal sealed class AnswerStore(TenantDatabase database, AiOptions options)
{
    /// <summary>Calls counted by their estimates.</summary>
    public Outstanding Outstanding { get; } = new();

    /// <summary>An answer given before; null where there is none, or none that is young enough.</summary>
    public async Task<PaidAnswer?> FindAsync(string tenantId, byte[] key, CancellationToken ct)
    {
        await using var batch = await database.BatchAsync(tenantId, durable: false, ct);
        batch.Add("SELECT answer::text, job_id, seq, calls, reasks, input_tokens, output_tokens, estimated FROM ai_answers WHERE tenant_id = $1 AND key = $2 AND created_at > now() - $3", tenantId, key, TimeSpan.FromDays(options.CacheDays));
        await using var row = await batch.ReadAsync(ct);
        if (!await row.ReadAsync(ct)) return null;
        var spent = new Spent(row.GetInt32(3), row.GetInt32(4), row.GetInt64(5), row.GetInt64(6), row.GetInt32(7));
        return new PaidAnswer(row.GetString(0), await row.IsDBNullAsync(1, ct) ? null : row.GetGuid(1), row.GetInt64(2), spent);
    }

    /// <summary>
    /// Counts a call before it is made; null where the tenant's budget of the month or of the day does not reach. One statement, so that calls at the same time, on whatever
    /// machine, cannot spend the same money. If the process dies before it is set right, the estimate stands: the call may have been paid.
    /// </summary>
    public async Task<Reservation?> ReserveAsync(string tenantId, long input, long output, CancellationToken ct)
    {
        var (cost, limits) = (options.CostMicros(input, output), options.TenantLimits);
        await using var batch = await database.BatchAsync(tenantId, durable: false, ct);
        batch.Add(
            """
            WITH l AS (
                SELECT coalesce(b.token_limit, $5) AS tokens, coalesce(b.cost_limit, $6) AS cost, coalesce(b.day_token_limit, $7) AS day_tokens, coalesce(b.day_cost_limit, $8) AS day_cost, d.day
                FROM (SELECT (now() AT TIME ZONE 'UTC')::date AS day) d LEFT JOIN ai_budgets b ON b.tenant_id = $1)
            INSERT INTO ai_usage AS u (tenant_id, month, calls, input_tokens, output_tokens, cost_micros, day, day_tokens, day_cost_micros)
            SELECT $1, date_trunc('month', l.day)::date, 1, $2, $3, $4, l.day, $2 + $3, $4 FROM l
            WHERE (l.tokens = 0 OR $2 + $3 <= l.tokens) AND (l.cost = 0 OR $4 <= l.cost) AND (l.day_tokens = 0 OR $2 + $3 <= l.day_tokens) AND (l.day_cost = 0 OR $4 <= l.day_cost)
            ON CONFLICT (tenant_id, month) DO UPDATE SET
                calls = u.calls + 1, input_tokens = u.input_tokens + $2, output_tokens = u.output_tokens + $3, cost_micros = u.cost_micros + $4, day = GREATEST(u.day, excluded.day),
                day_tokens = excluded.day_tokens + CASE WHEN u.day >= excluded.day THEN u.day_tokens ELSE 0 END,
                day_cost_micros = excluded.day_cost_micros + CASE WHEN u.day >= excluded.day THEN u.day_cost_micros ELSE 0 END
            WHERE EXISTS (
                SELECT 1 FROM l WHERE (l.tokens = 0 OR u.input_tokens + u.output_tokens + $2 + $3 <= l.tokens) AND (l.cost = 0 OR u.cost_micros + $4 <= l.cost)
                    AND (l.day_tokens = 0 OR u.day < excluded.day OR u.day_tokens + $2 + $3 <= l.day_tokens) AND (l.day_cost = 0 OR u.day < excluded.day OR u.day_cost_micros + $4 <= l.day_cost))
            RETURNING month, day
            """,
            tenantId, input, output, cost, limits.Tokens, limits.CostMicros, limits.DayTokens, limits.DayCostMicros);
        await using var row = await batch.ReadAsync(ct);
        var reservation = await row.ReadAsync(ct) ? new Reservation(await row.GetFieldValueAsync<DateOnly>(0, ct), await row.GetFieldValueAsync<DateOnly>(1, ct), input, output, cost) : null;
        await row.CloseAsync(); // the reservation holds from here
        if (reservation is not null) Outstanding.Add(tenantId);
        return reservation;
    }

    /// <summary>Sets a call's count right; one that was not paid for is no call.</summary>
    public Task SettleAsync(string tenantId, Reservation reserved, long input, long output, CancellationToken ct) => SettleAsync(tenantId, reserved, input, output, null, null, ct);

    /// <summary>The same, and keeps the answer: when this returns, it will not be paid for again.</summary>
    public async Task SettleAsync(string tenantId, Reservation reserved, long input, long output, byte[]? key, PaidAnswer? answer, CancellationToken ct)
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

    /// <summary>Keeps what a record has paid for where nothing is to be set right: whoever goes on with its job finds it.</summary>
    public async Task KeepAsync(string tenantId, byte[] key, PaidAnswer answer, CancellationToken ct)
    {
        await using var batch = await database.BatchAsync(tenantId, durable: true, ct);
        Keep(batch, tenantId, key, answer);
        await batch.ExecuteAsync(ct);
    }

    private async Task SetRightAsync(string tenantId, Reservation reserved, long input, long output, byte[]? key, PaidAnswer? answer, CancellationToken ct)
    {
        var isKept = key is not null && answer is not null && options.CacheDays > 0;
        await using var batch = await database.BatchAsync(tenantId, durable: isKept, ct);
        var (tokens, cost) = (input + output - reserved.Input - reserved.Output, options.CostMicros(input, output) - reserved.CostMicros);
        batch.Add(
            """
            UPDATE ai_usage SET calls = calls - $3, input_tokens = input_tokens + $4, output_tokens = output_tokens + $5, cost_micros = cost_micros + $6,
                day_tokens = day_tokens + CASE WHEN day = $7 THEN $8 ELSE 0 END, day_cost_micros = day_cost_micros + CASE WHEN day = $7 THEN $6 ELSE 0 END
            WHERE tenant_id = $1 AND month = $2
            """,
            tenantId, reserved.Month, input + output == 0 ? 1L : 0L, input - reserved.Input, output - reserved.Output, cost, reserved.Day, tokens);
        if (isKept) Keep(batch, tenantId, key!, answer!);
        await batch.ExecuteAsync(ct);
    }

    private static void Keep(TenantBatch batch, string tenantId, byte[] key, PaidAnswer answer) => batch.Add(
        """
        INSERT INTO ai_answers (tenant_id, key, answer, job_id, seq, calls, reasks, input_tokens, output_tokens, estimated) VALUES ($1, $2, $3::json, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT (tenant_id, key) DO UPDATE SET answer = excluded.answer, job_id = excluded.job_id, seq = excluded.seq, calls = excluded.calls, reasks = excluded.reasks,
            input_tokens = excluded.input_tokens, output_tokens = excluded.output_tokens, estimated = excluded.estimated, created_at = now()
        """,
        tenantId, key, answer.Answer, answer.Job ?? (object)DBNull.Value, answer.Seq, answer.Spent.Calls, answer.Spent.Reasks, answer.Spent.Input, answer.Spent.Output, answer.Spent.Estimated);

    /// <summary>What the tenant has used this month and today, and what it may.</summary>
    public async Task<(AiUsage Used, ModelBudget Limits)> UsageAsync(string tenantId, CancellationToken ct)
    {
        var limits = options.TenantLimits;
        await using var batch = await database.BatchAsync(tenantId, durable: false, ct);
        batch.Add(
            """
            SELECT date_trunc('month', d.day)::date, coalesce(u.calls, 0), coalesce(u.input_tokens, 0), coalesce(u.output_tokens, 0), coalesce(u.cost_micros, 0), d.day,
                CASE WHEN u.day >= d.day THEN u.day_tokens ELSE 0 END, CASE WHEN u.day >= d.day THEN u.day_cost_micros ELSE 0 END,
                coalesce(b.token_limit, $2), coalesce(b.cost_limit, $3), coalesce(b.day_token_limit, $4), coalesce(b.day_cost_limit, $5)
            FROM (SELECT (now() AT TIME ZONE 'UTC')::date AS day) d
                LEFT JOIN ai_usage u ON u.tenant_id = $1 AND u.month = date_trunc('month', d.day)::date LEFT JOIN ai_budgets b ON b.tenant_id = $1
            """,
            tenantId, limits.Tokens, limits.CostMicros, limits.DayTokens, limits.DayCostMicros);
        await using var row = await batch.ReadAsync(ct);
        await row.ReadAsync(ct);
        var used = new AiUsage
        {
            TenantId = tenantId,
            Month = await row.GetFieldValueAsync<DateOnly>(0, ct),
            Calls = row.GetInt64(1),
            InputTokens = row.GetInt64(2),
            OutputTokens = row.GetInt64(3),
            CostMicros = row.GetInt64(4),
            Day = await row.GetFieldValueAsync<DateOnly>(5, ct),
            DayTokens = row.GetInt64(6),
            DayCostMicros = row.GetInt64(7),
        };
        return (used, new ModelBudget(row.GetInt64(8), row.GetInt64(9), row.GetInt64(10), row.GetInt64(11)));
    }

    /// <summary>Sets what the tenant may use, in the place of what was set before.</summary>
    public Task SetBudgetAsync(string tenantId, BudgetBody budget, string by, CancellationToken ct) => database.ChangeAsync(tenantId, async transaction =>
    {
        await using var upsert = transaction.Command(
            """
            INSERT INTO ai_budgets (tenant_id, token_limit, cost_limit, day_token_limit, day_cost_limit, updated_by) VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (tenant_id) DO UPDATE SET token_limit = excluded.token_limit, cost_limit = excluded.cost_limit, day_token_limit = excluded.day_token_limit,
                day_cost_limit = excluded.day_cost_limit, updated_by = excluded.updated_by, updated_at = now()
            """,
            tenantId, budget.TokenLimit, Micros(budget.CostLimit), budget.DayTokenLimit, Micros(budget.DayCostLimit), by);
        return await upsert.ExecuteNonQueryAsync(ct);
    }, changed => changed > 0, ct);

    private static long? Micros(decimal? amount) => amount is { } money ? ModelBudget.Micros(money) : null;
}

/// <summary>A call that was counted before it is made.</summary>
internal sealed record Reservation(DateOnly Month, DateOnly Day, long Input, long Output, long CostMicros);
