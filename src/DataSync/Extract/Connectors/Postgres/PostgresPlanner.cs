using System.Data;
using System.Globalization;
using System.Text.Json;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Incremental;

namespace DataSync.Extract.Connectors.Postgres;

/// <summary>
/// Finds out how far an incremental reading may go. First the greatest value there is, then which transactions run; once those have ended, every later row lies at or above
/// that value, because whoever wrote it began afterwards. Where some do not end soon, the next sync looks for their rows everywhere.
/// </summary>
internal sealed class PostgresPlanner(PostgresSession session, TimeProvider time)
{
    /// <summary>Short transactions have ended by then. Longer ones are not waited for.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    /// <summary>More than an honest server runs at once; where more do, nothing is waited for.</summary>
    private const int Most = 100_000;

    /// <summary>Those of this database that run now, without our own. Anybody may see them, though not since when.</summary>
    private const string Running =
        """
        SELECT l.virtualtransaction FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
        WHERE l.locktype = 'virtualxid' AND l.pid <> pg_catalog.pg_backend_pid() AND a.datid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
        UNION ALL SELECT '' FROM pg_catalog.pg_prepared_xacts WHERE database = current_database()
        """;

    /// <summary>Plans a table's reading by its row versions.</summary>
    public async Task<WindowPlan> OfTableAsync(PostgresTable table, ReadRequest request, JsonElement? last, decimal lag, CancellationToken ct)
    {
        var field = SqlName.Quote(request.Window!.Field);
        var before = last is { } planned ? PostgresExtent.Read(planned) : null;
        var (greatest, type) = await GreatestAsync($"SELECT max({field})::text, format_type((SELECT atttypid FROM pg_catalog.pg_attribute WHERE attrelid = $1::regclass AND attname = $2), NULL) FROM {table.QuotedName}", [table.QuotedName, request.Window.Field], ct);
        var isDecided = await WaitAsync(ct);
        var (oldest, next) = await TransactionsAsync(ct);
        if (before is not null && before.NextTransaction > next) throw new SyncFailureException(SyncFailure.Permanent("errors.extraction.state_foreign"));
        var extent = new PostgresExtent
        {
            Field = request.Window.Field,
            Type = type,
            From = before?.From,
            Lag = lag,
            Nulls = request.Window.Nulls,
            FirstTransaction = before?.NextTransaction,
            NextTransaction = oldest,
        };
        return new WindowPlan { Extent = extent.ToJson(), Next = (extent with { From = isDecided ? greatest : null, FirstTransaction = null }).ToJson() };
    }

    /// <summary>Plans the reading of a query, whose rows have no versions.</summary>
    public async Task<WindowPlan> OfQueryAsync(string sql, IReadOnlyList<string?> values, ReadRequest request, CancellationToken ct)
    {
        var field = SqlName.Quote(request.Window!.Field);
        var (greatest, _) = await GreatestAsync($"SELECT to_json(max(w.{field}))::text, '' FROM (\n{sql}\n) AS w", values, ct);
        var isDecided = await WaitAsync(ct);
        // a source without any value says nothing of what will come
        return new WindowPlan { Floor = isDecided && greatest is not null ? JsonElement.Parse(greatest) : null, IsUndecided = !isDecided || greatest is null };
    }

    private async Task<(string? Greatest, string Type)> GreatestAsync(string sql, IReadOnlyList<string?> values, CancellationToken ct)
    {
        await using var reader = await session.QueryAsync(sql, values.Select(PostgresSession.Inferred), CommandBehavior.Default, ct);
        await reader.ReadAsync(ct);
        return (await reader.IsDBNullAsync(0, ct) ? null : reader.GetString(0), reader.GetString(1));
    }

    /// <summary>Waits until all that run now have ended; false where some have not in time.</summary>
    private async Task<bool> WaitAsync(CancellationToken ct)
    {
        var began = time.GetTimestamp();
        var waited = await RunningAsync(ct);
        while (waited.Count is > 0 and <= Most && time.GetElapsedTime(began) < Patience)
        {
            await Task.Delay(Look, time, ct);
            var running = await RunningAsync(ct);
            if (running.Count > Most) break; // not all of them were looked at
            waited.IntersectWith(running);
        }

        return waited.Count == 0;
    }

    private async Task<HashSet<string>> RunningAsync(CancellationToken ct)
    {
        var running = new HashSet<string>(StringComparer.Ordinal);
        await using var reader = await session.QueryAsync(Running, [], CommandBehavior.Default, ct);
        while (running.Count <= Most && await reader.ReadAsync(ct)) running.Add(reader.GetString(0));
        return running;
    }

    /// <summary>The oldest transaction of this database that is not decided, and the next there will be. Numbers are the whole server's; what runs in other databases writes none of these rows.</summary>
    private async Task<(long Oldest, long Next)> TransactionsAsync(CancellationToken ct)
    {
        const string Sql =
            """
            SELECT coalesce((SELECT min(x) FROM pg_catalog.txid_snapshot_xip(s.snapshot) AS x WHERE x % 4294967296 NOT IN (
                    SELECT a.backend_xid::text::bigint FROM pg_catalog.pg_stat_activity a JOIN pg_catalog.pg_database d ON d.oid = a.datid
                        WHERE a.backend_xid IS NOT NULL AND d.datname <> current_database()
                    UNION ALL SELECT p.transaction::text::bigint FROM pg_catalog.pg_prepared_xacts p WHERE p.database <> current_database())),
                pg_catalog.txid_snapshot_xmax(s.snapshot))::text, pg_catalog.txid_snapshot_xmax(s.snapshot)::text
            FROM (SELECT pg_catalog.txid_current_snapshot() AS snapshot) AS s
            """;
        await using var reader = await session.QueryAsync(Sql, [], CommandBehavior.Default, ct);
        await reader.ReadAsync(ct);
        return (long.Parse(reader.GetString(0), CultureInfo.InvariantCulture), long.Parse(reader.GetString(1), CultureInfo.InvariantCulture));
    }
}
