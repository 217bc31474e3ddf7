using System.Text.Json.Serialization;

namespace DataSync.Extract.Incremental.ChangeLog;

/// <summary>Positions of a change log, both ends included. Its JSON form is part of a source's state.</summary>
/// <param name="From">The first.</param>
/// <param name="To">The last; not below the first.</param>
/// <param name="Since">When it was first seen that nothing stands here (UTC); null where that was not asked.</param>
internal readonly record struct PositionRange(long From, long To, DateTimeOffset? Since = null)
{
    /// <summary>How many positions.</summary>
    [JsonIgnore]
    public long Length => To - From + 1;
}

/// <summary>Lists of ranges: in order, and none touches another.</summary>
internal static class PositionRanges
{
    /// <summary>What is left of some ranges without others.</summary>
    public static List<PositionRange> Without(this IEnumerable<PositionRange> ranges, IReadOnlyList<PositionRange> others)
    {
        var left = new List<PositionRange>();
        var at = 0;
        foreach (var range in ranges)
        {
            var from = range.From;
            while (at < others.Count && others[at].To < from) at++;
            for (var i = at; i < others.Count && others[i].From <= range.To; i++)
            {
                if (others[i].From > from) left.Add(range with { From = from, To = others[i].From - 1 });
                from = Math.Max(from, others[i].To + 1);
            }

            if (from <= range.To) left.Add(range with { From = from });
        }

        return left;
    }

    /// <summary>The part that is not above a position.</summary>
    public static List<PositionRange> UpTo(this IEnumerable<PositionRange> ranges, long last)
        => [.. ranges.Where(r => r.From <= last).Select(r => r with { To = Math.Min(r.To, last) })];

    /// <summary>The part that is above a position.</summary>
    public static List<PositionRange> Above(this IEnumerable<PositionRange> ranges, long last)
        => [.. ranges.Where(r => r.To > last).Select(r => r with { From = Math.Max(r.From, last + 1) })];

    /// <summary>Ranges that are read in one go, because little lies between them: a statement for each place that is still in doubt would cost more than to pass it over.</summary>
    /// <param name="ranges">The ranges.</param>
    /// <param name="most">Positions between two of a run, at most.</param>
    public static IEnumerable<List<PositionRange>> Runs(this IEnumerable<PositionRange> ranges, long most)
    {
        List<PositionRange> run = [];
        foreach (var range in ranges)
        {
            if (run.Count > 0 && range.From - run[^1].To > most)
            {
                yield return run;
                run = [];
            }

            run.Add(range);
        }

        if (run.Count > 0) yield return run;
    }

    /// <summary>The ranges in as few lists as hold so many ranges and positions at most; a range of more positions is alone.</summary>
    public static IEnumerable<IReadOnlyList<PositionRange>> Portions(this IEnumerable<PositionRange> ranges, int mostRanges, long mostPositions)
    {
        List<PositionRange> portion = [];
        var positions = 0L;
        foreach (var range in ranges)
        {
            if (portion.Count > 0 && (portion.Count == mostRanges || range.Length > mostPositions - positions))
            {
                yield return portion;
                (portion, positions) = ([], 0);
            }

            portion.Add(range);
            positions += range.Length;
        }

        if (portion.Count > 0) yield return portion;
    }

    /// <summary>The positions of these ranges at which nothing stands.</summary>
    /// <param name="ranges">The ranges.</param>
    /// <param name="found">The positions at which something does, in order.</param>
    public static List<PositionRange> Missing(this IEnumerable<PositionRange> ranges, IEnumerable<long> found)
        => ranges.Without([.. found.Select(f => new PositionRange(f, f))]);
}
