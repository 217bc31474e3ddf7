using DataSync.Alerts.Conditions;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace DataSync.Alerts.Evaluation;

/// <summary>Looks at every condition of every tenant, as the system's role, which sees for it a few numbers of each job and nothing of what it read.</summary>
internal sealed partial class AlertLook(IEnumerable<IAlertCondition> conditions, ILogger<AlertLook> logger)
{
    private readonly (IAlertCondition Condition, string Sql)[] _looks = [.. conditions.OrderBy(c => c.Name, StringComparer.Ordinal).Select(c => (c, AlertMoves.Sql(Queries(c))))];

    /// <summary>No condition holds up the others for longer: one that is slow once still leaves time to tell of theirs within thirty seconds.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>Looks once, in the transaction that is open, at how things are at a time. A condition that fails, or takes too long, changes nothing and takes no other with it.</summary>
    public async Task<AlertCount> LookAsync(NpgsqlConnection connection, DateTimeOffset at, CancellationToken ct)
    {
        var count = default(AlertCount);
        await ExecuteAsync(connection, FormattableString.Invariant($"SET LOCAL statement_timeout = {Patience.TotalMilliseconds:F0}"), ct);
        foreach (var (condition, sql) in _looks)
        {
            await ExecuteAsync(connection, "SAVEPOINT condition", ct);
            try
            {
                count += await LookAsync(connection, condition, sql, at, ct);
                await ExecuteAsync(connection, "RELEASE SAVEPOINT condition", ct);
            }
            catch (PostgresException e)
            {
                // The turn's lock is from before and stays, so that nobody looks beside us. Where the connection itself is gone, this throws, and the look is over.
                await ExecuteAsync(connection, "ROLLBACK TO SAVEPOINT condition", ct);
                Log.ConditionFailed(logger, condition.Name, e.SqlState, e);
            }
        }

        await ExecuteAsync(connection, "SET LOCAL statement_timeout = DEFAULT", ct);
        if (count.Told == 0) return count;
        await ExecuteAsync(connection, $"SELECT pg_notify('{AlertMoves.Channel}', '')", ct);
        return count;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(ct);
    }

    private static async Task<AlertCount> LookAsync(NpgsqlConnection connection, IAlertCondition condition, string sql, DateTimeOffset at, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection)
        {
            Parameters =
            {
                new NpgsqlParameter { Value = at.ToUniversalTime(), NpgsqlDbType = NpgsqlDbType.TimestampTz },
                new NpgsqlParameter<string> { TypedValue = condition.Name },
                new NpgsqlParameter<double> { TypedValue = condition.Shape?.Threshold ?? 0 },
                new NpgsqlParameter<int> { TypedValue = condition.Shape?.WindowSeconds ?? 0 },
                new NpgsqlParameter<string> { TypedValue = condition.Name },
            },
        };
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

    private static partial class Log
    {
        [LoggerMessage(1912, LogLevel.Error, "Looking for alerts of {Condition} failed ({SqlState}); the other conditions are looked at, and it is tried again at the next look")]
        public static partial void ConditionFailed(ILogger logger, string condition, string sqlState, Exception exception);
    }
}
