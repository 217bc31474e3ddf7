using System.Data;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace DataSync.Extract.Connectors.Postgres.Log;

/// <summary>
/// What may change of a table, and of what its publication lets through, without a word in the log: rows that ALTER TABLE rewrites or gives a value, what ALTER TYPE calls their values, partitions that come with rows, go or are
/// emptied, and what happened while a publication left something out. All of it leaves traces in the catalog, which are compared from one sync to the next.
/// </summary>
internal sealed record LogShape
{
    /// <summary>Of the table whose number is <c>$1</c> and the publication <c>$2</c>. A row's <c>xmin</c> stays what it is, however often the catalog is vacuumed.</summary>
    private const string Sql =
        """
        WITH RECURSIVE parts AS (
            SELECT i.inhrelid, i.xmin::text AS since FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhparent WHERE c.oid = CAST($1 AS oid) AND c.relkind = 'p'
            UNION ALL SELECT i.inhrelid, i.xmin::text FROM pg_catalog.pg_inherits i JOIN parts p ON p.inhrelid = i.inhparent),
        types AS (
            SELECT a.atttypid AS id FROM pg_catalog.pg_attribute a WHERE a.attrelid = CAST($1 AS oid) AND a.attnum > 0 AND NOT a.attisdropped
            UNION SELECT w.id FROM types p JOIN pg_catalog.pg_type t ON t.oid = p.id CROSS JOIN LATERAL (
                SELECT t.typelem UNION ALL SELECT t.typbasetype UNION ALL SELECT a.atttypid FROM pg_catalog.pg_attribute a WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped) w(id)
            WHERE w.id <> 0)
        SELECT 'column'::text, a.attnum::text, a.attname::text, a.atttypid::text, a.atttypmod::text, a.xmin::text, a.atthasmissing
        FROM pg_catalog.pg_attribute a WHERE a.attrelid = CAST($1 AS oid) AND a.attnum > 0 AND NOT a.attisdropped
        UNION ALL SELECT 'type', e.oid::text, e.enumlabel::text, '', '', e.xmin::text, false FROM types p JOIN pg_catalog.pg_enum e ON e.enumtypid = p.id
        UNION ALL SELECT 'type', t.oid::text, a.attnum::text, a.attname::text, a.atttypid::text, a.xmin::text, false
        FROM types p JOIN pg_catalog.pg_type t ON t.oid = p.id JOIN pg_catalog.pg_attribute a ON t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
        UNION ALL SELECT 'file', c.relfilenode::text, '', '', '', '', false FROM pg_catalog.pg_class c WHERE c.oid = CAST($1 AS oid)
        UNION ALL SELECT 'partition', p.inhrelid::text, c.relfilenode::text, p.since, '', '', c.relkind NOT IN ('r', 'p') OR c.relpersistence <> 'p'
        FROM parts p JOIN pg_catalog.pg_class c ON c.oid = p.inhrelid
        UNION ALL SELECT 'published', p.oid::text, p.xmin::text, '', '', '', false FROM pg_catalog.pg_publication p WHERE p.pubname = $2
        UNION ALL SELECT 'published', r.oid::text, r.xmin::text, '', '', '', false
        FROM pg_catalog.pg_publication_rel r JOIN pg_catalog.pg_publication p ON p.oid = r.prpubid WHERE p.pubname = $2 AND r.prrelid = CAST($1 AS oid)
        """;

    /// <summary>Publications of whole schemas, which the first versions do not know.</summary>
    private const string OfSchemas =
        """

        UNION ALL SELECT 'published', s.oid::text, s.xmin::text, '', '', '', false
        FROM pg_catalog.pg_publication_namespace s JOIN pg_catalog.pg_publication p ON p.oid = s.pnpubid JOIN pg_catalog.pg_class c ON c.relnamespace = s.pnnspid
        WHERE p.pubname = $2 AND c.oid = CAST($1 AS oid)
        """;

    private const int FirstOfSchemas = 15;

    /// <summary>The marks of columns that rows from before have a value in, though nothing was written to them.</summary>
    private IReadOnlyList<string> Filled { get; init; } = [];

    private IReadOnlyList<(string Mark, string Id)> Partitions { get; init; } = [];

    /// <summary>What is kept of it.</summary>
    public LogMarks Marks { get; private init; } = new("", "", "", "", "");

    /// <summary>A partition is elsewhere, or its changes are not logged.</summary>
    public bool HasUnlogged { get; private init; }

    /// <summary>Asks the catalog.</summary>
    public static async Task<LogShape> AskAsync(PostgresSession session, long table, int version, string publication, CancellationToken ct)
    {
        List<Found> all = [];
        var sql = version < FirstOfSchemas ? Sql : Sql + OfSchemas;
        await using (var reader = await session.QueryAsync(sql, [PostgresSession.Text(table.ToString(CultureInfo.InvariantCulture)), PostgresSession.Text(publication)], CommandBehavior.Default, ct))
        {
            while (await reader.ReadAsync(ct)) all.Add(new Found(reader.GetString(0), [.. Enumerable.Range(1, 5).Select(reader.GetString)], reader.GetBoolean(6)));
        }

        var columns = Of("column").ToList();
        var partitions = Of("partition").Select(p => (Mark: Mark(p.Values[..3]), Id: p.Values[0])).OrderBy(p => p.Mark, StringComparer.Ordinal).ToList();
        return new LogShape
        {
            Filled = [.. columns.Where(c => c.Flag).Select(c => Mark(c.Values[..3]))],
            Partitions = partitions,
            HasUnlogged = Of("partition").Any(p => p.Flag),
            Marks = new LogMarks(
                Together("published"),
                string.Join(' ', columns.Select(c => Mark(c.Values[..3]))),
                Together("column"),
                Of("file").FirstOrDefault()?.Values[0] ?? "",
                string.Join(' ', partitions.Select(p => p.Mark)),
                string.Join(' ', Of("type").Select(t => Mark(t.Values)).Order(StringComparer.Ordinal))),
        };

        IEnumerable<Found> Of(string kind) => all.Where(f => f.Kind == kind).OrderBy(f => f.Values[0].Length).ThenBy(f => f.Values[0], StringComparer.Ordinal);

        string Together(string kind) => Mark([.. Of(kind).SelectMany(f => f.Values)]);
    }

    /// <summary>True where one of some partitions holds anything. One that is gone by now may have.</summary>
    public static async Task<bool> HoldAnythingAsync(PostgresSession session, IEnumerable<string> partitions, CancellationToken ct)
    {
        const string Sizes = "SELECT coalesce(pg_catalog.bool_or(coalesce(pg_catalog.pg_relation_size(CAST(p.id AS oid)), 1) > 0), false) FROM pg_catalog.unnest(CAST($1 AS text[])) p(id)";
        await using var reader = await session.QueryAsync(Sizes, [PostgresSession.Text($"{{{string.Join(',', partitions)}}}")], CommandBehavior.Default, ct);
        return await reader.ReadAsync(ct) && reader.GetBoolean(0);
    }

    /// <summary>The partitions that were not there before, by their numbers.</summary>
    public IReadOnlyList<string> Added(LogMarks? before)
    {
        if (before is null) return [];
        var known = before.Partitions.Split(' ').ToHashSet(StringComparer.Ordinal);
        return [.. Partitions.Where(p => !known.Contains(p.Mark)).Select(p => p.Id)];
    }

    /// <summary>What was changed so that the log since does not tell the whole: the last part of a reason's key. Null where nothing was, or nobody noted how it was before.</summary>
    /// <param name="before">As it was.</param>
    /// <param name="hasRowsAdded">Of the partitions that are <see cref="Added"/> one holds anything: it may have come with it. One that is empty has brought nothing.</param>
    public string? Difference(LogMarks? before, bool hasRowsAdded)
    {
        if (before is null) return null;
        if (before.Published != Marks.Published) return "publication_altered";
        if (HasOtherRows(before)) return "columns";
        return hasRowsAdded || before.Partitions.Split(' ').Except(Marks.Partitions.Split(' '), StringComparer.Ordinal).Any(p => p.Length > 0) ? "partitions" : null;
    }

    /// <summary>
    /// A column of before is gone, or one that is new has a value in rows of before. A label of an enum or an attribute of a composite type is called otherwise, or was for a while, so that rows of before read otherwise than
    /// they did, and changes of that while otherwise than they do now; one that is new is in no row of before. Rows that were rewritten are the same where nothing of the columns was declared anew (VACUUM FULL, and TRUNCATE, which is in
    /// the log); where something was, nobody can tell whether their values are. A new column that is null in all of them leaves them as they were.
    /// </summary>
    private bool HasOtherRows(LogMarks before)
    {
        if (before.Types is { } types && types.Split(' ').Except((Marks.Types ?? "").Split(' '), StringComparer.Ordinal).Any(t => t.Length > 0)) return true;
        if (before.File != Marks.File && before.Declared != Marks.Declared) return true;
        string[] old = before.Columns.Split(' '), now = Marks.Columns.Split(' ');
        return old.Except(now, StringComparer.Ordinal).Any() || now.Except(old, StringComparer.Ordinal).Any(Filled.Contains);
    }

    private static string Mark(IEnumerable<string> values) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', values))).AsSpan(0, 6));

    private sealed record Found(string Kind, string[] Values, bool Flag);
}
