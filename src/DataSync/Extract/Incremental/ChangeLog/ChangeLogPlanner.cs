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
    {
        var undecided = session.Dialect.Undecided();
        var (now, began) = (time.GetUtcNow(), time.GetTimestamp());
        var greatest = await _positions.GreatestAsync(last.Position, ct);
        List<PositionRange> missing, waiting = [];
        for (var pause = Look; (missing = await MissingAsync(last, greatest, now, ct)).Count > 0; pause = pause < Patience / 8 ? pause * 1.5 : pause)
        {
            waiting = await undecided.OfAsync(session.Ask, table, missing, ct);
            if (waiting.Count == 0)
            {
                // what was still missing may have been committed before its writer was seen to have ended
                missing = await MissingAsync(last, greatest, now, ct);
                break;
            }

            if (time.GetElapsedTime(began) > Patience) break;
            await Task.Delay(pause, time, ct);
        }

        var end = missing.Count > 0 && waiting.Count > 0 ? waiting.Min(w => w.From) - 1 : greatest;
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
        return before with { Position = greatest, Open = await MissingAsync(before, greatest, time.GetUtcNow(), ct) };
    }

    private async Task<List<PositionRange>> MissingAsync(ChangeLogState last, long greatest, DateTimeOffset since, CancellationToken ct)
        => [.. await _positions.MissingAsync(last.Open, ct), .. (await _positions.GapsAsync(last.Position, greatest, ct)).Select(g => g with { Since = since })];
}
