namespace DataSync.Extract.Incremental.ChangeLog;

/// <summary>
/// Tells of positions at which nothing stands whether something may yet appear: its writer has not committed, or never will. One for each plan, asked again and again.
/// This one is of servers with one writer at a time, where positions are committed in their order.
/// </summary>
internal class UndecidedPositions
{
    /// <summary>How long what seems decided is looked at again by later syncs; zero where it is decided for certain.</summary>
    public virtual TimeSpan Doubt => TimeSpan.Zero;

    /// <summary>Those that are not decided.</summary>
    /// <param name="session">Asks the server.</param>
    /// <param name="table">The table.</param>
    /// <param name="missing">Where nothing stands. This was seen before this call.</param>
    /// <param name="ct">Gives up.</param>
    public virtual Task<List<PositionRange>> OfAsync(ChangeLogSession session, FollowedTable table, IReadOnlyList<PositionRange> missing, CancellationToken ct) => Task.FromResult<List<PositionRange>>([]);
}
