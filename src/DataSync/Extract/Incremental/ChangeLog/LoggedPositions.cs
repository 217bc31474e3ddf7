using System.Globalization;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Incremental.ChangeLog;

/// <summary>What stands in a change log, seen by one session.</summary>
internal sealed class LoggedPositions(ChangeLogSession session, FollowedTable table)
{
    /// <summary>Gaps that are looked at; who has more has positions that do not follow one another.</summary>
    private const int MostGaps = 100_000;

    /// <summary>Ranges in one question.</summary>
    private const int RangesAtOnce = 100;

    private readonly string _position = session.Dialect.Quote(ChangeLogNames.Position), _operation = session.Dialect.Quote(ChangeLogNames.Operation);

    /// <summary>The first row of all, which the setup writes, and the least position behind it.</summary>
    public async Task<(string? Log, long First, long? Least)> BeginningAsync(CancellationToken ct)
    {
        var rows = await session.Ask($"SELECT {_position}, {_operation}, CAST({session.Dialect.Quote(ChangeLogNames.At)} AS CHAR(60)) FROM {table.QuotedLog} ORDER BY {_position} LIMIT 2", [], ct);
        return rows is [[{ } first, ChangeLogNames.Start, { } at], ..] ? (at, Number(first), rows.Count > 1 ? Number(rows[1][0]!) : null) : (null, 0, null);
    }

    /// <summary>True where this very change is there.</summary>
    public async Task<bool> HasAsync(long position, CancellationToken ct) => (await session.Ask(Invariant($"SELECT 1 FROM {table.QuotedLog} WHERE {_position} = {position}"), [], ct)).Count > 0;

    /// <summary>The greatest position there is; what was asked about where there is none above it.</summary>
    public async Task<long> GreatestAsync(long after, CancellationToken ct)
        => await session.Ask(Invariant($"SELECT MAX({_position}) FROM {table.QuotedLog} WHERE {_position} > {after}"), [], ct) is [[{ } greatest]] ? Number(greatest) : after;

    /// <summary>Where nothing stands above one position and up to another.</summary>
    public async Task<List<PositionRange>> GapsAsync(long after, long last, CancellationToken ct)
    {
        var where = Invariant($"WHERE {_position} > {after} AND {_position} <= {last}");
        if (after >= last || Number((await session.Ask($"SELECT COUNT(*) FROM {table.QuotedLog} {where}", [], ct))[0][0]!) == last - after) return [];
        var rows = await session.Ask(
            Invariant(
                $"""
                SELECT g.b + 1, g.p - 1 FROM (SELECT {_position} AS p, COALESCE(LAG({_position}) OVER (ORDER BY {_position}), {after}) AS b FROM {table.QuotedLog} {where}) g
                WHERE g.p > g.b + 1 ORDER BY g.p LIMIT {MostGaps + 1}
                """),
            [], ct);
        return rows.Count <= MostGaps
            ? [.. rows.Select(r => new PositionRange(Number(r[0]!), Number(r[1]!)))]
            : throw new SyncFailureException(SyncFailure.Permanent("errors.extraction.change_log_gaps", ("most", MostGaps)));
    }

    /// <summary>Where nothing stands within ranges.</summary>
    public async Task<List<PositionRange>> MissingAsync(IReadOnlyList<PositionRange> ranges, CancellationToken ct)
    {
        List<PositionRange> missing = [];
        foreach (var some in ranges.Chunk(RangesAtOnce))
        {
            var rows = await session.Ask($"SELECT {_position} FROM {table.QuotedLog} WHERE {Within(some)} ORDER BY {_position}", [], ct);
            missing.AddRange(some.Missing(rows.Select(r => Number(r[0]!))));
        }

        return missing;
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

    private string Within(IEnumerable<PositionRange> ranges) => string.Join(" OR ", ranges.Select(r => Invariant($"{_position} BETWEEN {r.From} AND {r.To}")));

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
