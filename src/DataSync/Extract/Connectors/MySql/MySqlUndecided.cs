using DataSync.Extract.Incremental.ChangeLog;

namespace DataSync.Extract.Connectors.MySql;

/// <summary>
/// What an open transaction has written is there for who reads uncommitted rows, and needs no privilege: where it is missing even so, its writer has rolled back, or was only just given the position. That takes
/// microseconds, and waits for a lock 50 seconds at most; such positions are waited for a moment, for the order's sake, and looked at again for minutes, so that none is lost.
/// </summary>
internal sealed class MySqlUndecided(TimeProvider time) : UndecidedPositions
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(250);

    public override TimeSpan Doubt => TimeSpan.FromMinutes(3);

    public override async Task<List<PositionRange>> OfAsync(ChangeLogSession session, FollowedTable table, IReadOnlyList<PositionRange> missing, CancellationToken ct)
    {
        await session.Ask("SET SESSION TRANSACTION ISOLATION LEVEL READ UNCOMMITTED", [], ct);
        var nothing = await new LoggedPositions(session, table).MissingAsync(missing, ct);
        await session.Ask("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ", [], ct);
        var now = time.GetUtcNow();
        return missing.Without([.. nothing.Where(n => now - n.Since >= Moment)]);
    }
}
