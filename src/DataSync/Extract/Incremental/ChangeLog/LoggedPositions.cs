using System.Globalization;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Incremental.ChangeLog;

/// <summary>What stands in a change log, seen by one session.</summary>
internal sealed class LoggedPositions(ChangeLogSession session, FollowedTable table)
{
    /// <summary>Gaps that are looked at in one go. Where a server gives out every second position, so many come with as many changes.</summary>
    private const int MostGaps = 100_000;

    /// <summary>Ranges in one question, and positions.</summary>
    private const int RangesAtOnce = 100, PositionsAtOnce = 100_000;

    private readonly string _position = session.Dialect.Quote(ChangeLogNames.Position), _operation = session.Dialect.Quote(ChangeLogNames.Operation);

    /// <summary>The first row of all, which the setup writes, and the least position behind it.</summary>
    public async Task<(string? Log, long First, long? Least)> BeginningAsync(CancellationToken ct)
    {
        var rows = await session.Ask($"SELECT {_position}, {_operation}, CAST({session.Dialect.Quote(ChangeLogNames.At)} AS CHAR(60)) FROM {table.QuotedLog} ORDER BY {_position} LIMIT 2", [], ct);
        return rows is [[{ } first, ChangeLogNames.Start, { } at], ..] ? (at, Number(first), rows.Count > 1 ? Number(rows[1][0]!) : null) : (null, 0, null);
    }

    /// <summary>The greatest position there is; what was asked about where there is none above it.</summary>
    public async Task<long> GreatestAsync(long after, CancellationToken ct)
        => await session.Ask(Invariant($"SELECT MAX({_position}) FROM {table.QuotedLog} WHERE {_position} > {after}"), [], ct) is [[{ } greatest]] ? Number(greatest) : after;

    /// <summary>The greatest position below one, that of the first row of all aside; null where none stands there.</summary>
    public async Task<long?> GreatestBelowAsync(long position, CancellationToken ct)
        => await session.Ask(Invariant($"SELECT MAX({_position}) FROM {table.QuotedLog} WHERE {_position} < {position} AND {_operation} <> '{ChangeLogNames.Start}'"), [], ct) is [[{ } greatest]] ? Number(greatest) : null;

    /// <summary>
    /// Whether nothing of what is to come was removed. Rows are removed from the beginning on, but one that was not committed by then may stand behind removed ones that came after it. What stands below the first change
    /// that is to come was delivered, so it was there to be removed: as long as it stands, nothing above it is gone. Unless the server, which some do at a restart, has begun to give positions out once more.
    /// </summary>
    /// <param name="state">What was delivered.</param>
    /// <param name="first">The first row of all.</param>
    /// <param name="least">The least position behind it; null where there is none.</param>
    /// <param name="ct">Gives up.</param>
    public async Task<bool> IsWholeAsync(ChangeLogState state, long first, long? least, CancellationToken ct)
    {
        if (least < state.FirstToCome) return await GreatestAsync(state.Position - 1, ct) >= state.Position || await session.Dialect.GivenOutAsync(session.Ask, table, ct) >= state.Position;
        if (state.Open.Count > 0) return false;
        if (least is not null) return session.Dialect.RemovesInOrder && least == state.FirstToCome;

        // it stands empty: whole as long as nothing was written since
        return await session.Dialect.GivenOutAsync(session.Ask, table, ct) is { } given ? given == state.Position : state.Position == first;
    }

    /// <summary>How far no more gaps stand than are looked at in one go: the position asked about, or one before it with which a portion ends.</summary>
    public async Task<long> ReachAsync(long after, long last, CancellationToken ct)
    {
        if (last - after <= MostGaps || last - after - await CountAsync(after, last, ct) <= MostGaps) return last;
        return await session.Ask(Invariant($"{Gaps(after, last)} LIMIT 1 OFFSET {MostGaps}"), [], ct) is [[{ } from, _]] ? Number(from) - 1 : last;
    }

    /// <summary>Where nothing stands above one position and up to another.</summary>
    public async Task<List<PositionRange>> GapsAsync(long after, long last, CancellationToken ct)
    {
        if (after >= last || await CountAsync(after, last, ct) == last - after) return [];

        // a portion may have come to more since it was measured: what is written into a gap makes two of it
        var rows = await session.Ask(Invariant($"{Gaps(after, last)} LIMIT {(2 * MostGaps) + 1}"), [], ct);
        return rows.Count <= 2 * MostGaps
            ? [.. rows.Select(r => new PositionRange(Number(r[0]!), Number(r[1]!)))]
            : throw new SyncFailureException(SyncFailure.Permanent("errors.extraction.change_log_gaps", ("most", 2 * MostGaps)));
    }

    /// <summary>Where nothing stands within ranges.</summary>
    public async Task<List<PositionRange>> MissingAsync(IReadOnlyList<PositionRange> ranges, CancellationToken ct)
    {
        List<PositionRange> missing = [];
        foreach (var some in ranges.Portions(RangesAtOnce, PositionsAtOnce))
        {
            if (some is [{ Length: > PositionsAtOnce } large])
            {
                missing.AddRange(await MissingAsync(large, ct));
                continue;
            }

            var rows = await session.Ask($"SELECT {_position} FROM {table.QuotedLog} WHERE {Within(some)} ORDER BY {_position}", [], ct);
            missing.AddRange(some.Missing(rows.Select(r => Number(r[0]!))));
        }

        return missing;
    }

    /// <summary>The server looks for the gaps itself: what stands there may be millions. What is told to be missing was so at a moment after this was asked, as everywhere.</summary>
    private async Task<List<PositionRange>> MissingAsync(PositionRange range, CancellationToken ct)
    {
        if (await session.Ask($"SELECT MAX({_position}) FROM {table.QuotedLog} WHERE {Within([range])}", [], ct) is not [[{ } found]]) return [range];
        var greatest = Number(found);
        return [.. (await GapsAsync(range.From - 1, greatest, ct)).Select(g => g with { Since = range.Since }), .. greatest < range.To ? [range with { From = greatest + 1 }] : (PositionRange[])[]];
    }

    /// <summary>True where the table was emptied at once within ranges.</summary>
    public async Task<bool> HasTruncatedAsync(IReadOnlyList<PositionRange> ranges, CancellationToken ct)
    {
        foreach (var some in ranges.Chunk(RangesAtOnce))
        {
            if ((await session.Ask($"SELECT 1 FROM {table.QuotedLog} WHERE {_operation} = '{ChangeLogNames.Truncate}' AND ({Within(some)}) LIMIT 1", [], ct)).Count > 0) return true;
        }

        return false;
    }

    private async Task<long> CountAsync(long after, long last, CancellationToken ct) => Number((await session.Ask($"SELECT COUNT(*) FROM {table.QuotedLog} {Between(after, last)}", [], ct))[0][0]!);

    private string Gaps(long after, long last) => Invariant(
        $"""
        SELECT g.b + 1, g.p - 1 FROM (SELECT {_position} AS p, COALESCE(LAG({_position}) OVER (ORDER BY {_position}), {after}) AS b FROM {table.QuotedLog} {Between(after, last)}) g
        WHERE g.p > g.b + 1 ORDER BY g.p
        """);

    private string Between(long after, long last) => Invariant($"WHERE {_position} > {after} AND {_position} <= {last}");

    private string Within(IEnumerable<PositionRange> ranges) => string.Join(" OR ", ranges.Select(r => Invariant($"{_position} BETWEEN {r.From} AND {r.To}")));

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
