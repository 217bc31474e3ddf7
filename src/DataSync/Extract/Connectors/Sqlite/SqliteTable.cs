using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using SQLitePCL;

namespace DataSync.Extract.Connectors.Sqlite;

/// <summary>A table, and the key its rows keep for ever; no key where there is none to rely on.</summary>
internal sealed record SqliteTable(string Name, IReadOnlyList<string> Key)
{
    public string QuotedName => Quote(Name);

    public static SqliteTable Find(SqliteDatabase database, string name)
    {
        foreach (var table in List(database))
        {
            if (string.Equals(table.Name, name, StringComparison.OrdinalIgnoreCase)) return new SqliteTable(table.Name, StableKey(database, table));
        }

        throw new SyncFailureException(SyncFailure.Permanent("errors.extraction.undefined_table", ("sqlstate", raw.SQLITE_ERROR)));
    }

    /// <summary>Every table and view with its columns. SQLite's columns take any type, so all come out as <c>any</c>.</summary>
    public static IReadOnlyList<SourceTable> List(SqliteDatabase database)
    {
        var tables = Query(database, "SELECT name, type FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'view', 'virtual') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name", null);
        return [.. tables.Select(t =>
        {
            var columns = Query(database, "SELECT name, type, \"notnull\", pk FROM pragma_table_xinfo(?) WHERE hidden <> 1 ORDER BY cid", t[0]);
            return new SourceTable(
                null, t[0], t[1] == "virtual" ? "table" : t[1], [.. columns.Select(c => new SourceColumn(c[0], c[1], "any", c[2] == "0"))],
                [.. columns.Where(c => c[3] != "0").OrderBy(c => int.Parse(c[3], System.Globalization.CultureInfo.InvariantCulture)).Select(c => c[0])]);
        })];
    }

    /// <summary>The SELECT of the whole table, or of what comes behind a key.</summary>
    public string Select(ResumeToken? token)
    {
        if (Key.Count == 0) return $"SELECT * FROM {QuotedName}";
        var key = string.Join(", ", Key.Select(Quote));
        var behind = token is null ? "" : $" WHERE ({key}) > ({string.Join(", ", Key.Select(_ => "?"))})";
        return $"SELECT * FROM {QuotedName}{behind} ORDER BY {key}";
    }

    /// <summary>
    /// An INTEGER PRIMARY KEY, or the key of a table WITHOUT ROWID. Other tables are ordered by a rowid that VACUUM may change, and their
    /// declared keys may hold NULLs, so reading them cannot go on in the middle.
    /// </summary>
    private static IReadOnlyList<string> StableKey(SqliteDatabase database, SourceTable table)
    {
        if (table.PrimaryKey.Count == 0) return [];
        if (Query(database, "SELECT wr FROM pragma_table_list WHERE schema = 'main' AND name = ?", table.Name) is [["1"]]) return table.PrimaryKey;
        var hasOwnIndex = Query(database, "SELECT 1 FROM pragma_index_list(?) WHERE origin = 'pk'", table.Name).Count > 0;
        return hasOwnIndex ? [] : table.PrimaryKey;
    }

    private static List<string[]> Query(SqliteDatabase database, string sql, string? argument)
    {
        using var statement = SqliteStatement.Prepare(database, sql);
        if (argument is not null) statement.BindText(1, argument);
        var rows = new List<string[]>();
        while (statement.Step())
            rows.Add([.. Enumerable.Range(0, raw.sqlite3_column_count(statement.Handle)).Select(i => raw.sqlite3_column_text(statement.Handle, i).utf8_to_string() ?? "")]);
        return rows;
    }

    private static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
