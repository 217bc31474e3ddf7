using System.Globalization;
using System.Text;
using DataSync.Extract.Incremental.ChangeLog;
using DataSync.Pipeline.Failures;
using SQLitePCL;

namespace DataSync.Extract.Connectors.Sqlite;

/// <summary>
/// Change logs in SQLite files. The log's columns have no type, so a value stays what it was; a trigger's text is there to be compared. One writer at a time commits, so positions come in order.
/// </summary>
internal sealed class SqliteChangeLog : ChangeLogDialect
{
    private static readonly (string Event, string Operation, string Row)[] Triggers =
        [("INSERT", ChangeLogNames.Insert, "NEW"), ("UPDATE", ChangeLogNames.Update, "NEW"), ("DELETE", ChangeLogNames.Delete, "OLD")];

    public override string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    public override bool RemovesInOrder => true;

    public override async Task<FollowedTable> FindAsync(AskServer ask, string name, CancellationToken ct)
    {
        var found = await ask("SELECT name, type FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'view', 'virtual') AND lower(name) = lower(?)", [name], ct);
        if (found is not [[{ } own, { } kind], ..]) throw new SyncFailureException(SyncFailure.Permanent("errors.extraction.undefined_table", ("sqlstate", raw.SQLITE_ERROR)));
        var log = ChangeLogNames.Of(own, "changes", 500, Encoding.UTF8.GetByteCount);
        var columns = await ask("SELECT name, pk FROM pragma_table_xinfo(?) WHERE hidden <> 1 ORDER BY cid", [own], ct);
        var logged = await ask("SELECT name FROM pragma_table_xinfo(?) ORDER BY cid", [log], ct);
        var table = new FollowedTable
        {
            Table = own,
            Quoted = Quote(own),
            QuotedLog = Quote(log),
            LogName = log,
            Columns = [.. columns.Select(c => new LoggedColumn(c[0]!, ""))],
            Key = [.. columns.Where(c => c[1] != "0").OrderBy(c => c[1]!.Length).ThenBy(c => c[1], StringComparer.Ordinal).Select(c => c[0]!)],
            HasLog = logged.Count > 0,
            LogColumns = [.. logged.Where(c => !ChangeLogNames.IsOurs(c[0]!)).Select(c => new LoggedColumn(c[0]!, ""))],
        };
        var there = (await ask("SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ?", [own], ct)).Select(t => t[0]).ToHashSet(StringComparer.Ordinal);
        return table with
        {
            HasTriggers = Triggers.All(t => there.Contains(Trigger(table, t.Event, t.Operation, t.Row))),
            Unfit = ChangeLogFitness.Of(table, isTable: kind == "table"),
        };
    }

    public override IEnumerable<string> Setup(FollowedTable table, string? login)
    {
        var keys = string.Concat(table.Key.Select((_, i) => $"{Quote(ChangeLogNames.OldKey(i))}, "));
        yield return $"CREATE TABLE {table.QuotedLog} ({Quote(ChangeLogNames.Position)} INTEGER PRIMARY KEY AUTOINCREMENT, {Quote(ChangeLogNames.Operation)} TEXT NOT NULL, "
            + $"{Quote(ChangeLogNames.At)} TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now')), {keys}{List(table.Columns.Select(c => c.Name))})";
        yield return $"INSERT INTO {table.QuotedLog} ({Quote(ChangeLogNames.Operation)}, {Quote(ChangeLogNames.At)}) VALUES ('{ChangeLogNames.Start}', strftime('%Y-%m-%d %H:%M:%f', 'now') || lower(hex(randomblob(4))))";
        yield return Mark(table, ChangeLogNames.Second);
        foreach (var (on, operation, row) in Triggers) yield return Trigger(table, on, operation, row);
    }

    public override IEnumerable<string> Undo(FollowedTable table)
        => [.. Triggers.Select(t => $"DROP TRIGGER IF EXISTS {Name(table, t.Event)}"), $"DROP TABLE IF EXISTS {table.QuotedLog}"];

    public override Task<string?> LoginAsync(AskServer ask, CancellationToken ct) => Task.FromResult<string?>(null);

    public override async Task<long?> GivenOutAsync(AskServer ask, FollowedTable table, CancellationToken ct)
        => await ask("SELECT seq FROM sqlite_sequence WHERE name = ?", [table.LogName], ct) is [[{ } given]] ? long.Parse(given, CultureInfo.InvariantCulture) : null;

    private string Trigger(FollowedTable table, string on, string operation, string row)
        => $"CREATE TRIGGER {Name(table, on)} AFTER {on} ON {table.Quoted} BEGIN {Record(table, operation, row)}; END";

    private string Name(FollowedTable table, string on) => Quote(ChangeLogNames.Of(table.Table, on.ToLowerInvariant(), 500, Encoding.UTF8.GetByteCount));
}
