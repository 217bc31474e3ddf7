using DataSync.Extract.Incremental.ChangeLog;

namespace DataSync.Extract.Connectors.Postgres;

/// <summary>
/// Who writes to a table holds a lock on it, from before the position is given out to behind the commit, and anybody may see that. So once all who held one after a position was seen missing have let go, it is decided.
/// A standby sees neither the locks of its primary nor what is open there: nothing is ever decided at one (<see cref="PostgresChangeLog"/> refuses it, but a name may lead to another server than it did then).
/// </summary>
internal sealed class PostgresUndecided(bool isNumbered) : UndecidedPositions
{
    private HashSet<string>? _writers;

    public override async Task<List<PositionRange>> OfAsync(ChangeLogSession session, FollowedTable table, IReadOnlyList<PositionRange> missing, CancellationToken ct)
    {
        var rows = await session.Ask(
            $"""
            SELECT l.virtualtransaction FROM pg_catalog.pg_locks l WHERE l.locktype = 'relation' AND l.relation = pg_catalog.to_regclass({(isNumbered ? "$1" : "CAST(? AS text)")})
                AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = current_database()) AND l.mode = 'RowExclusiveLock'
            UNION ALL SELECT 'standby' WHERE pg_catalog.pg_is_in_recovery()
            """,
            [table.QuotedLog], ct);
        var running = rows.Select(r => r[0]!).ToHashSet(StringComparer.Ordinal);
        if (_writers is null) _writers = running;
        else _writers.IntersectWith(running);
        return _writers.Count == 0 ? [] : [.. missing];
    }
}
