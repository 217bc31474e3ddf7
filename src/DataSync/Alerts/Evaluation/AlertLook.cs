using DataSync.Alerts.Conditions;
using DataSync.Platform.Persistence;
using Npgsql;
using NpgsqlTypes;

namespace DataSync.Alerts.Evaluation;

/// <summary>Looks at every condition of every tenant, as the system's role, which sees for it a few numbers of each job and nothing of what it read.</summary>
internal sealed class AlertLook(DataSources sources, IEnumerable<IAlertCondition> conditions, FailingConditions failing)
{
    private readonly (IAlertCondition Condition, string Sql)[] _looks = [.. conditions.OrderBy(c => c.Name, StringComparer.Ordinal).Select(c => (c, AlertMoves.Sql(Queries(c))))];

    /// <summary>No condition holds up the others for longer: one that is slow once still leaves time to tell of theirs within thirty seconds.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>How much longer an answer is waited for: a server that still works ends the statement itself by then.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Looks once, at how things are at a time. Each condition has a transaction of its own: one that fails, takes too long or loses its connection changes nothing and takes no other with it. Without any connection the look is over.
    /// </summary>
    public async Task<AlertCount> LookAsync(DateTimeOffset at, CancellationToken ct)
    {
        var count = default(AlertCount);
        foreach (var (condition, sql) in _looks)
        {
            await using var connection = await sources.System.OpenConnectionAsync(ct);
            try
            {
                count += await LookAsync(connection, condition, sql, at, ct);
                failing.Asked(condition);
            }
            catch (Exception e) when (!ct.IsCancellationRequested)
            {
                failing.Failed(condition, e);
            }
        }

        return count;
    }

    private async Task<AlertCount> LookAsync(NpgsqlConnection connection, IAlertCondition condition, string sql, DateTimeOffset at, CancellationToken ct)
    {
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await ExecuteAsync(connection, FormattableString.Invariant($"SET LOCAL statement_timeout = {Patience.TotalMilliseconds:F0}"), ct);
        var count = await AskAsync(connection, condition, sql, at, ct);
        if (count.Told > 0) await ExecuteAsync(connection, $"SELECT pg_notify('{AlertMoves.Channel}', '')", ct);
        await transaction.CommitAsync(ct);
        return count;
    }

    private async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        await using var command = Command(connection, sql);
        await command.ExecuteNonQueryAsync(ct);
    }

    private NpgsqlCommand Command(NpgsqlConnection connection, string sql) => new(sql, connection) { CommandTimeout = (int)Math.Ceiling((Patience + Grace).TotalSeconds) };

    private async Task<AlertCount> AskAsync(NpgsqlConnection connection, IAlertCondition condition, string sql, DateTimeOffset at, CancellationToken ct)
    {
        await using var command = Command(connection, sql);
        NpgsqlParameter[] parameters =
        [
            new NpgsqlParameter { Value = at.ToUniversalTime(), NpgsqlDbType = NpgsqlDbType.TimestampTz },
            new NpgsqlParameter<string> { TypedValue = condition.Name },
            new NpgsqlParameter<double> { TypedValue = condition.Shape?.Threshold ?? 0 },
            new NpgsqlParameter<int> { TypedValue = condition.Shape?.WindowSeconds ?? 0 },
            new NpgsqlParameter<string> { TypedValue = condition.Name },
        ];
        command.Parameters.AddRange(parameters);
        foreach (var value in condition.Values) command.Parameters.Add(new NpgsqlParameter { Value = value });
        await using var counts = await command.ExecuteReaderAsync(ct);
        await counts.ReadAsync(ct);
        return new AlertCount(counts.GetInt64(0), counts.GetInt64(1), counts.GetInt64(2));
    }

    /// <summary>The built-in rule for every tenant that has not put its own in its place, and the tenants' own; then what is wrong by them.</summary>
    private static string Queries(IAlertCondition condition) =>
        $"""
        tenants (tenant_id) AS ({condition.Tenants}),
        rules AS MATERIALIZED (
            SELECT t.tenant_id, $5::text AS rule_id, $3::double precision AS threshold, $4::integer AS window_seconds, NULL::text AS source_id, 1 AS min_count, NULL::text[] AS channels
            FROM tenants t WHERE t.tenant_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM alert_rules o WHERE o.tenant_id = t.tenant_id AND o.rule_id = $5)
            UNION ALL
            SELECT r.tenant_id, r.rule_id, r.threshold, r.window_seconds, r.source_id, r.min_count, r.channels FROM alert_rules r WHERE r.condition = $2 AND r.enabled),
        breaches (tenant_id, rule_id, subject, value, threshold, window_seconds, channels) AS MATERIALIZED ({condition.Breaches})
        """;
}
