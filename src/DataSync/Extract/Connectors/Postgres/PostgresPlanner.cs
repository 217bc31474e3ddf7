using System.Data;
using System.Globalization;
using System.Text.Json;
using DataSync.Extract.Incremental;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Incremental;

namespace DataSync.Extract.Connectors.Postgres;

/// <summary>
/// Finds out how far an incremental reading may go. First the greatest value there is, then which transactions run; once those have ended, every later row lies at or above
/// that value, because whoever wrote it began afterwards. Where some do not end soon, the next sync looks for their rows everywhere.
/// A standby shows only the oldest transaction that is open at its primary, and none of those that have written nothing yet: what has a lower number is decided, but nothing is known of the values to come
/// except what a lag promises.
/// </summary>
internal sealed class PostgresPlanner(PostgresSession session, TimeProvider time)
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    private readonly RunningTransactions _running = new(ct => RunningAsync(session, ct), time);

    /// <summary>How often transactions that nobody seems to run are looked for.</summary>
    private const int MostLooks = 10;

    /// <summary>A standby's snapshots list no open transactions and it does not know whose they are, so there the oldest of the whole server counts.</summary>
    private const string AtStandby =
        """
        SELECT pg_catalog.txid_snapshot_xmin(s.snapshot)::text, pg_catalog.txid_snapshot_xmax(s.snapshot)::text, false
        FROM (SELECT pg_catalog.txid_current_snapshot() AS snapshot) AS s
        """;

    private const string AtPrimary =
        """
        WITH now AS MATERIALIZED (SELECT pg_catalog.txid_current_snapshot() AS snapshot),
            held AS MATERIALIZED (
                SELECT a.backend_xid::text::bigint AS x, d.datname = current_database() AS is_here
                FROM pg_catalog.pg_stat_activity a JOIN pg_catalog.pg_database d ON d.oid = a.datid WHERE a.backend_xid IS NOT NULL
                UNION ALL SELECT p.transaction::text::bigint, p.database = current_database() FROM pg_catalog.pg_prepared_xacts p),
            open AS MATERIALIZED (SELECT o.x, h.is_here FROM now CROSS JOIN LATERAL pg_catalog.txid_snapshot_xip(now.snapshot) AS o (x) LEFT JOIN held h ON h.x = o.x % 4294967296)
        SELECT coalesce((SELECT min(x) FROM open WHERE is_here IS NOT FALSE), pg_catalog.txid_snapshot_xmax(now.snapshot))::text, pg_catalog.txid_snapshot_xmax(now.snapshot)::text,
            EXISTS (SELECT 1 FROM open WHERE is_here IS NULL)
        FROM now
        """;

    /// <summary>Plans a table's reading by its row versions.</summary>
    public async Task<WindowPlan> OfTableAsync(PostgresTable table, ReadRequest request, JsonElement? last, decimal lag, CancellationToken ct)
    {
        var field = SqlName.Quote(request.Window!.Field);
        var before = last is { } planned ? PostgresExtent.Read(planned) : null;
        var origin = await PostgresOrigin.AskAsync(session, table.QuotedName, ct);
        var lost = before?.Origin?.Lost(origin);
        if (lost is not null) before = null;
        var (greatest, type) = await GreatestAsync($"SELECT max({field})::text, format_type((SELECT atttypid FROM pg_catalog.pg_attribute WHERE attrelid = $1::regclass AND attname = $2), NULL) FROM {table.QuotedName}", [table.QuotedName, request.Window.Field], ct);
        var isStandby = await IsStandbyAsync(ct);
        var isDecided = !isStandby && await _running.EndAsync(await _running.SeenAsync(ct), RunningTransactions.Patience, ct);
        var (oldest, next) = await TransactionsAsync(isStandby, ct);

        // what one open transaction holds back may have begun a whole lag before that one did
        if (isStandby) isDecided = lag > 0 && oldest == next;
        if (before is not null && before.NextTransaction > next) throw new SyncFailureException(SyncFailure.Permanent("errors.extraction.state_foreign"));
        var extent = new PostgresExtent
        {
            Field = request.Window.Field,
            Type = type,
            From = isStandby && lag == 0 ? null : before?.From,
            Lag = lag,
            Nulls = request.Window.Nulls,
            FirstTransaction = before?.NextTransaction,
            NextTransaction = Math.Max(oldest, before?.NextTransaction ?? oldest),
            Origin = origin,
        };
        return new WindowPlan { Extent = extent.ToJson(), Next = (extent with { From = isDecided ? greatest : null, FirstTransaction = null }).ToJson(), Everything = lost };
    }

    /// <summary>Plans the reading of a query, whose rows have no versions; null at a standby, where nothing but the lag covers what commits late, and there must be one.</summary>
    public async Task<WindowPlan?> OfQueryAsync(string sql, IReadOnlyList<string?> values, ReadRequest request, decimal lag, CancellationToken ct)
    {
        if (await IsStandbyAsync(ct))
        {
            if (lag == 0) throw new SyncFailureException(SyncFailure.Permanent("errors.extraction.replica", ("field", request.Window!.Field)));
            return null;
        }

        var field = SqlName.Quote(request.Window!.Field);
        await session.RunAsync("BEGIN READ ONLY", ct);
        var (greatest, _) = await GreatestAsync($"SELECT to_json(max(w.{field}))::text, '' FROM (\n{sql}\n) AS w", values, ct);
        await session.RunAsync("ROLLBACK", ct); // what functions that no read-only transaction stops have done
        var running = await _running.SeenAsync(ct);
        var isDecided = await _running.EndAsync(running, RunningTransactions.Patience, ct) || (greatest is not null && await HoldsManyAsync(sql, values, request.Window, ct) && await OutwaitAsync(running, request, ct));
        // a source without any value says nothing of what will come
        return new WindowPlan { Floor = isDecided && greatest is not null ? JsonElement.Parse(greatest) : null, IsUndecided = !isDecided || greatest is null };
    }

    /// <summary>
    /// True where a sync that must begin again where this one does could not remember all that it has delivered. Then nothing but the end of those transactions helps, and the reading has not begun:
    /// they are waited for with half of the sync's time.
    /// </summary>
    private async Task<bool> HoldsManyAsync(string sql, IReadOnlyList<string?> values, CursorWindow window, CancellationToken ct)
    {
        var (windowed, all) = PostgresWindow.Of(sql, values, window, isOrdered: false);
        await session.RunAsync("BEGIN READ ONLY", ct);
        var (count, _) = await GreatestAsync($"SELECT count(*)::text, '' FROM (SELECT FROM (\n{windowed}\n) AS n LIMIT {DeliveredRecords.Most + 1}) AS c", all, ct);
        await session.RunAsync("ROLLBACK", ct);
        return long.Parse(count!, CultureInfo.InvariantCulture) > DeliveredRecords.Most;
    }

    private async Task<bool> OutwaitAsync(HashSet<string> running, ReadRequest request, CancellationToken ct)
        => await _running.EndAsync(running, request.StatementTimeout / 2, ct)
            ? true
            : throw new SyncFailureException(SyncFailure.Transient("errors.extraction.cursor_undecided", ("field", request.Window!.Field), ("most", DeliveredRecords.Most)));

    private async Task<(string? Greatest, string Type)> GreatestAsync(string sql, IReadOnlyList<string?> values, CancellationToken ct)
    {
        await using var reader = await session.QueryAsync(sql, values.Select(PostgresSession.Inferred), CommandBehavior.Default, ct);
        await reader.ReadAsync(ct);
        return (await reader.IsDBNullAsync(0, ct) ? null : reader.GetString(0), reader.GetString(1));
    }

    /// <summary>True for a server that replays another's log. It may stop doing so at any time, but never begins to under an open session.</summary>
    private async Task<bool> IsStandbyAsync(CancellationToken ct)
    {
        await using var reader = await session.QueryAsync("SELECT pg_catalog.pg_is_in_recovery()", [], CommandBehavior.Default, ct);
        await reader.ReadAsync(ct);
        return reader.GetBoolean(0);
    }

    private static async Task<HashSet<string>> RunningAsync(PostgresSession session, CancellationToken ct)
    {
        var running = new HashSet<string>(StringComparer.Ordinal);
        await using var reader = await session.QueryAsync(RunningTransactions.Sql, [], CommandBehavior.Default, ct);
        while (running.Count <= RunningTransactions.Most && await reader.ReadAsync(ct)) running.Add(reader.GetString(0));
        return running;
    }

    /// <summary>
    /// The oldest transaction of this database that is not decided, and the next there will be. Numbers are the whole server's; what runs in other databases writes none of these rows. A transaction that ended between
    /// the look at the snapshot and the look at the sessions may have been anybody's, and counts as ours: so it is looked again, and the furthest of the answers, each of which is true, is taken.
    /// </summary>
    private async Task<(long Oldest, long Next)> TransactionsAsync(bool isStandby, CancellationToken ct)
    {
        var (oldest, next, isUnsure) = await TransactionsAsync(isStandby ? AtStandby : AtPrimary, ct);
        for (var looks = 1; isUnsure && looks < MostLooks; looks++)
        {
            await Task.Delay(Look, time, ct);
            (var again, next, isUnsure) = await TransactionsAsync(AtPrimary, ct);
            oldest = Math.Max(oldest, again);
        }

        return (oldest, next);
    }

    private async Task<(long Oldest, long Next, bool IsUnsure)> TransactionsAsync(string sql, CancellationToken ct)
    {
        await using var reader = await session.QueryAsync(sql, [], CommandBehavior.Default, ct);
        await reader.ReadAsync(ct);
        return (long.Parse(reader.GetString(0), CultureInfo.InvariantCulture), long.Parse(reader.GetString(1), CultureInfo.InvariantCulture), reader.GetBoolean(2));
    }
}
