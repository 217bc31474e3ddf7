using System.Data;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Connectors.Postgres;

/// <summary>A table as the catalog knows it, with the key its rows can be told apart and ordered by; no key where there is none to rely on.</summary>
internal sealed record PostgresTable(string QuotedName, bool HasRowVersions, IReadOnlyList<string> KeyColumns, IReadOnlyList<string> KeyTypes)
{
    /// <summary>Reading it calls nothing of its owner's (<see cref="SlotGuard"/>).</summary>
    public bool IsPlain { get; private init; }

    /// <summary>Looks a table up in the search path or its schema. A parent with children that are no partitions has no key: theirs may repeat.</summary>
    /// <param name="session">At the server.</param>
    /// <param name="name">With or without its schema.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <param name="cursor">The column that its reading compares; null for none.</param>
    public static async Task<PostgresTable> FindAsync(PostgresSession session, string name, CancellationToken ct, string? cursor = null)
    {
        var sql =
            $"""
            SELECT n.nspname::text, c.relname::text, a.attname::text, pg_catalog.format_type(a.atttypid, a.atttypmod),
                c.relkind = 'r' AND c.relam = (SELECT oid FROM pg_catalog.pg_am WHERE amname = 'heap'), {SlotGuard.IsPlain("$2")}
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            LEFT JOIN pg_catalog.pg_index i ON i.indrelid = c.oid AND i.indisprimary AND i.indisvalid AND i.indimmediate
                AND (c.relkind = 'p' OR NOT EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhparent = c.oid))
            LEFT JOIN LATERAL pg_catalog.unnest(i.indkey) WITH ORDINALITY k(attnum, place) ON k.place <= i.indnkeyatts
            LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
            WHERE c.oid = pg_catalog.to_regclass($1) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
            ORDER BY k.place
            """;
        var asked = Asked(name);
        List<string> columns = [], types = [];
        string? quoted = null;
        var (hasRowVersions, isPlain) = (false, false);
        await using var reader = await session.QueryAsync(sql, [PostgresSession.Text(asked), PostgresSession.Text(cursor ?? "")], CommandBehavior.Default, ct);
        while (await reader.ReadAsync(ct))
        {
            quoted = $"{SqlName.Quote(reader.GetString(0))}.{SqlName.Quote(reader.GetString(1))}";
            (hasRowVersions, isPlain) = (reader.GetBoolean(4), reader.GetBoolean(5));
            if (await reader.IsDBNullAsync(2, ct)) continue;
            columns.Add(reader.GetString(2));
            types.Add(reader.GetString(3));
        }

        return new PostgresTable(quoted ?? throw Undefined(), hasRowVersions, columns, types) { IsPlain = isPlain };
    }

    /// <summary>The SELECT of the whole table, or of what comes behind a key; of all that or of what <paramref name="extent"/> says.</summary>
    public (string Sql, IReadOnlyList<string?> Values) Select(ResumeToken? token, PostgresExtent? extent = null)
    {
        List<string?> values = [];
        List<string> conditions = [];
        var key = string.Join(", ", KeyColumns.Select(SqlName.Quote));
        if (token is not null)
        {
            values.AddRange(token.Key.Select(k => k.Value));
            conditions.Add($"({key}) > ({string.Join(", ", KeyTypes.Select((type, i) => $"CAST(${i + 1} AS {type})"))})");
        }

        if (extent is not null) conditions.Add(extent.Condition(values));
        var where = conditions.Count == 0 ? "" : $" WHERE {string.Join(" AND ", conditions)}";
        return ($"SELECT * FROM {QuotedName}{where}{(key.Length == 0 ? "" : $" ORDER BY {key}")}", values);
    }

    private static string Asked(string name)
    {
        var parts = SqlName.Parse(name) ?? throw Undefined();
        return parts.Schema is null ? SqlName.Quote(parts.Table) : $"{SqlName.Quote(parts.Schema)}.{SqlName.Quote(parts.Table)}";
    }

    private static SyncFailureException Undefined()
        => new(SyncFailure.Permanent("errors.extraction.undefined_table", ("sqlstate", "42P01")));
}
