namespace DataSync.Extract.Incremental.ChangeLog;

/// <summary>
/// Finds out how far a change log may be read. A change's position is given out when it is written and appears when its writer commits, and by then later ones may have appeared. Positions follow one another,
/// so where none is missing nothing can come late; where some are, their writers are waited for, for a moment, and what lies from the first undecided one on is left to the next sync.
/// </summary>
internal sealed class ChangeLogPlanner(ChangeLogSession session, FollowedTable table, TimeProvider time)
{
    /// <summary>Short transactions have ended by then. Longer ones are not waited for.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    /// <summary>Decided positions that are looked at again, at most; the newest are the ones in doubt.</summary>
    private const int MostInDoubt = 500;

    private readonly LoggedPositions _positions = new(session, table);

    /// <summary>What to read of the changes behind a state, how many stand there, and the state after it.</summary>
    public async Task<(List<PositionRange> Ranges, long Count, ChangeLogState Next)> DecideAsync(ChangeLogState last, CancellationToken ct)
        => await DecideAsync(last, await _positions.ReachAsync(last.Position, await _positions.GreatestAsync(last.Position, ct), ct), null, ct);

    /// <summary>
    /// The state that a reading of the whole table begins with: positions grow from one sync to the next, whatever is read, unless the server has forgotten how far it was. What was given out and where nothing comes any
    /// more lies behind it, so that a log which stands empty is known by how far it was.
    /// </summary>
    /// <param name="last">What was delivered; null for nothing.</param>
    /// <param name="log">Which change log it is.</param>
    /// <param name="first">The first row of all.</param>
    /// <param name="ct">Gives up.</param>
    public async Task<ChangeLogState> BeginAsync(ChangeLogState? last, string log, long first, CancellationToken ct)
    {
        var given = await session.Dialect.GivenOutAsync(session.Ask, table, ct);
        var from = last is { } known && known.Log == log && !(given < known.Position) ? known : new ChangeLogState { Log = log, Position = first };
        while (true)
        {
            var greatest = await _positions.GreatestAsync(from.Position, ct);
            var reach = await _positions.ReachAsync(from.Position, greatest, ct);
            var (_, _, next) = await DecideAsync(from, reach, reach < greatest ? null : given, ct);
            if (reach == greatest || next.Position == from.Position) return next;
            from = next;
        }
    }

    private async Task<(List<PositionRange> Ranges, long Count, ChangeLogState Next)> DecideAsync(ChangeLogState last, long greatest, long? given, CancellationToken ct)
    {
        var undecided = session.Dialect.Undecided();
        var (now, began) = (time.GetUtcNow(), time.GetTimestamp());
        List<PositionRange> missing, waiting = [];
        for (var pause = Look; (missing = await MissingAsync(last, greatest, given, now, ct)).Count > 0; pause = pause < Patience / 8 ? pause * 1.5 : pause)
        {
            waiting = await undecided.OfAsync(session, table, missing, ct);
            if (waiting.Count == 0)
            {
                // what was still missing may have been committed before its writer was seen to have ended
                missing = await MissingAsync(last, greatest, given, now, ct);
                break;
            }

            if (time.GetElapsedTime(began) > Patience) break;
            await Task.Delay(pause, time, ct);
        }

        var end = missing.Count > 0 && waiting.Count > 0 ? waiting.Min(w => w.From) - 1 : Math.Max(greatest, given ?? 0);
        List<PositionRange> doubted = [.. missing.UpTo(end).Where(m => now - m.Since < undecided.Doubt).TakeLast(MostInDoubt)];
        List<PositionRange> wanted = [.. last.Open.Without(missing), .. greatest > last.Position ? [new PositionRange(last.Position + 1, greatest)] : (PositionRange[])[]];
        var ranges = wanted.UpTo(end).Without(doubted);
        return (
            ranges,
            ranges.Without(missing).Sum(r => r.To - r.From + 1),
            last with { Position = Math.Max(last.Position, end), Open = [.. doubted, .. last.Open.Above(end)] });
    }

    /// <summary>Asked in the snapshot of a reading of the whole table: the state after it. What is in the table cannot be missing here, and what is missing here is not in the table.</summary>
    public async Task<ChangeLogState> SnapshotAsync(ChangeLogState before, CancellationToken ct)
    {
        var greatest = await _positions.GreatestAsync(before.Position, ct);
        return before with { Position = greatest, Open = await MissingAsync(before, greatest, null, time.GetUtcNow(), ct) };
    }

    private async Task<List<PositionRange>> MissingAsync(ChangeLogState last, long greatest, long? given, DateTimeOffset since, CancellationToken ct) =>
    [
        .. await _positions.MissingAsync(last.Open, ct),
        .. (await _positions.GapsAsync(last.Position, greatest, ct)).Select(g => g with { Since = since }),
        .. given > greatest ? [new PositionRange(greatest + 1, given.Value, since)] : (PositionRange[])[],
    ];
}
