using System.Globalization;
using DataSync.Extract.Connectors.Odbc.Native;
using DataSync.Extract.Connectors.Odbc.Rows;
using DataSync.Extract.Connectors.Odbc.Text;
using DataSync.Extract.Connectors.Sqlite;
using DataSync.Extract.Incremental.ChangeLog;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Connectors.Odbc.Dialects;

/// <summary>
/// SQLite through sqliteodbc. <c>query_only</c> has SQLite itself refuse every write, and a statement within <c>SELECT … FROM (…)</c> can be nothing else. There are
/// no logins. The driver brings functions that read and write any file of the machine, so those names are refused wherever they stand.
/// </summary>
internal sealed class SqliteDialect : OdbcDialect
{
    public override SqlGrammar Grammar { get; } = new()
    {
        Backticks = true,
        Brackets = true,
        OwnParameters = true,
        DeniedNames = new HashSet<string>(StringComparer.Ordinal)
        {
            "load_extension", "blob_import", "blob_export", "import_sql", "export_sql", "export_csv", "export_xml", "export_json", "import_table",
            "readfile", "writefile", "edit", "fts3_tokenizer", "lsmode", "zipfile", "fsdir", "fileio",
        },
    };

    public override bool TakesUtf8 => true;

    public override OdbcCancel Cancel => OdbcCancel.ByIdleStatement;

    /// <summary>The driver steps through rows only outside a transaction of its own; a statement has one snapshot anyway.</summary>
    public override void Begin(OdbcSession session, TimeSpan timeout)
    {
        session.Execute("PRAGMA trusted_schema = 0");
        session.Execute("PRAGMA query_only = 1");
        if (session.Query("PRAGMA query_only") is not [["1"]])
            throw new SyncFailureException(SyncFailure.Permanent("errors.extraction.statement_refused", ("sqlstate", "25000")));
    }

    public override ChangeLogDialect ChangeLog(TimeProvider time) => new SqliteChangeLog();

    public override void HoldSnapshot(OdbcSession session) => session.Execute("BEGIN");

    public override AccessReport Access(OdbcSession session) => new([]);

    public override string? Key(OdbcException e)
    {
        if (e.DriverText.Contains("no such table", StringComparison.Ordinal)) return "errors.extraction.undefined_table";
        if (e.DriverText.Contains("no such column", StringComparison.Ordinal)) return "errors.extraction.undefined_column";
        return e.Native switch
        {
            8 or 23 or 3 => "errors.extraction.statement_refused",
            5 or 6 => "errors.extraction.lock_timeout",
            9 => "errors.extraction.statement_timeout",
            18 or 20 => "errors.extraction.data",
            1 => e.DriverText.Contains("overflow", StringComparison.Ordinal) || e.DriverText.Contains("JSON", StringComparison.Ordinal) ? "errors.extraction.data" : "errors.extraction.syntax",
            _ => null,
        };
    }

    /// <summary>Only an INTEGER PRIMARY KEY, or the key of a table WITHOUT ROWID, holds no NULL and stays as it is.</summary>
    public override OdbcTable Find(OdbcSession session, string name)
    {
        var rows = session.Query(
            """
            SELECT l.name, l.wr, c.name, (SELECT count(*) FROM pragma_index_list(l.name) WHERE origin = 'pk')
            FROM pragma_table_list AS l LEFT JOIN pragma_table_xinfo(l.name) AS c ON c.pk > 0
            WHERE l.schema = 'main' AND l.type IN ('table', 'view', 'virtual') AND lower(l.name) = lower(?) ORDER BY c.pk
            """,
            name);
        if (rows.Count == 0) throw OdbcTable.Undefined();
        var isStable = rows[0][1] == "1" || rows[0][3] == "0";
        return new OdbcTable($"\"{rows[0][0]!.Replace("\"", "\"\"", StringComparison.Ordinal)}\"", "\"", [.. rows.Where(r => isStable && r[2] is not null).Select(r => new KeyColumn(r[2]!, ""))]);
    }

    /// <summary>The driver lists a key's columns as they stand in the table.</summary>
    public override IReadOnlyList<string> KeyOf(OdbcSession session, string? catalog, string? schema, string table)
        => [.. session.Query("SELECT name FROM pragma_table_xinfo(?) WHERE pk > 0 ORDER BY pk", table).Select(r => r[0]!)];

    public override (string Condition, IReadOnlyList<KeyValue> Values) Behind(OdbcTable table, IReadOnlyList<KeyValue> key)
        => ($"({string.Join(", ", key.Select(k => table.Quoted(k.Column)))}) > ({string.Join(", ", key.Select(_ => "?"))})",
            [.. key.Select(k => k.Value[0] == 'i' ? k with { Type = OdbcTable.Whole, Value = k.Value[1..] } : k with { Value = k.Value[1..] })]);

    public override Projection Project(string sql, IReadOnlyList<DescribedColumn> columns, long? limit)
    {
        var aliases = string.Join(",", columns.Select((_, i) => $"c{i}"));
        var rows = limit is { } most ? string.Create(CultureInfo.InvariantCulture, $" LIMIT {most}") : "";
        return Projection.Plain(
            $"SELECT {string.Join(",", columns.Select((_, i) => $"{SqliteCell.Expression($"c{i}")} AS v{i}"))} FROM (WITH q({aliases}) AS (\n{sql}\n) SELECT * FROM q){rows}",
            [.. columns.Select(c => BoundColumn.Of(c.Name, new SqliteCell(), 0, trusted: false))]);
    }

    public override CellFormat Format(DescribedColumn column) => new SqliteCell();
}
