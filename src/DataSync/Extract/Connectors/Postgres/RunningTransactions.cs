namespace DataSync.Extract.Connectors.Postgres;

/// <summary>Transactions of a source's database that run, and may yet commit what lies below what was seen. One for each plan.</summary>
/// <param name="ask">Asks the server for <see cref="Sql"/>, in a transaction that has not asked before.</param>
/// <param name="time">The clock.</param>
internal sealed class RunningTransactions(Func<CancellationToken, Task<HashSet<string>>> ask, TimeProvider time)
{
    /// <summary>Short transactions have ended by then. Longer ones are not waited for.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20), LongLook = TimeSpan.FromMilliseconds(250);

    /// <summary>More than an honest server runs at once; where more do, nothing is waited for.</summary>
    public const int Most = 100_000;

    /// <summary>
    /// Those of this database that run now, without our own. Anybody may see them, though not since when. One that is prepared has left its session, and may have been any of those that were waited for: it stands for
    /// all. It is seen as prepared before it is seen no more as running, so prepared ones are read last.
    /// </summary>
    public const string Sql =
        $"""
        SELECT l.virtualtransaction FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
        WHERE l.locktype = 'virtualxid' AND l.pid <> pg_catalog.pg_backend_pid() AND a.datid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
        UNION ALL SELECT '{Prepared}' FROM pg_catalog.pg_prepared_xacts WHERE database = current_database()
        """;

    private const string Prepared = "prepared";

    /// <summary>Those that run now.</summary>
    public Task<HashSet<string>> SeenAsync(CancellationToken ct) => ask(ct);

    /// <summary>Waits until all these have ended; false where some have not in time, or are prepared.</summary>
    public async Task<bool> EndAsync(HashSet<string> waited, TimeSpan patience, CancellationToken ct)
    {
        var began = time.GetTimestamp();
        while (waited.Count is > 0 and <= Most && time.GetElapsedTime(began) < patience)
        {
            await Task.Delay(patience > Patience ? LongLook : Look, time, ct);
            var running = await ask(ct);
            if (running.Count > Most) break; // not all of them were looked at
            waited.IntersectWith(running);
            if (running.Contains(Prepared)) waited.Add(Prepared);
        }

        return waited.Count == 0;
    }
}
