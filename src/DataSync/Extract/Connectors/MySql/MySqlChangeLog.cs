using System.Globalization;
using DataSync.Extract.Incremental.ChangeLog;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Incremental;

namespace DataSync.Extract.Connectors.MySql;

/// <summary>
/// Change logs in MySQL and MariaDB. A login that may only read sees neither triggers nor foreign keys, so the setup makes a view, with the rights of who runs it, that tells which triggers are there.
/// Triggers run as who made them, under the <c>sql_mode</c> they were made with: one that copies every value there can be and refuses none.
/// </summary>
/// <param name="quote">What requests quote names with.</param>
/// <param name="time">The clock.</param>
internal sealed class MySqlChangeLog(char quote, TimeProvider time) : ChangeLogDialect
{
    private const int LongestName = 64;

    /// <summary>Rows that are counted in a moment.</summary>
    private const int SmallTable = 20_000;

    private static readonly (string Event, string Operation, string Row)[] Triggers =
        [("INSERT", ChangeLogNames.Insert, "NEW"), ("UPDATE", ChangeLogNames.Update, "NEW"), ("DELETE", ChangeLogNames.Delete, "OLD")];

    public override string Quote(string name) => MySqlName.Quote(name);

    public override UndecidedPositions Undecided() => new MySqlUndecided(time);

    /// <summary>A DELETE waits for the lock of a row that is not committed.</summary>
    public override bool RemovesInOrder => true;

    public override async Task<FollowedTable> FindAsync(AskServer ask, string name, CancellationToken ct)
    {
        var (schema, own) = SqlName.Parse(name, quote) ?? throw Undefined();
        schema ??= (await ask("SELECT DATABASE()", [], ct))[0][0] ?? throw Undefined();
        var (log, installed) = (Name(own, "changes"), Name(own, "installed"));
        var found = await ask("SELECT TABLE_NAME, TABLE_TYPE, ENGINE FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME IN (?, ?, ?)", [schema, own, log, installed], ct);
        if (found.Find(t => t[0] == own) is not { } there) throw Undefined();
        var columns = await ColumnsAsync(ask, schema, own, ct);
        var moved = await ask("SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND EXTRA LIKE '%on update%'", [schema, own], ct);
        var keys = await ask("SELECT COLUMN_NAME FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND INDEX_NAME = 'PRIMARY' ORDER BY SEQ_IN_INDEX", [schema, own], ct);
        var table = new FollowedTable
        {
            Table = own,
            Schema = schema,
            Quoted = $"{Quote(schema)}.{Quote(own)}",
            QuotedLog = $"{Quote(schema)}.{Quote(log)}",
            LogName = $"{Requested(schema)}.{Requested(log)}",
            Columns = columns,
            Key = [.. keys.Select(k => k[0]!)],
            Moved = [.. moved.Select(m => m[0]!)],
            HasLog = found.Exists(t => t[0] == log),
            LogColumns = [.. (await ColumnsAsync(ask, schema, log, ct)).Where(c => !ChangeLogNames.IsOurs(c.Name))],
        };
        return table with
        {
            HasTriggers = found.Exists(t => t[0] == installed) && await ask($"SELECT {Quote("installed")} FROM {Quote(schema)}.{Quote(installed)}", [], ct) is [["3"]],
            Unfit = ChangeLogFitness.Of(table, isTable: there[1] == "BASE TABLE") ?? await UnfitAsync(ask, table, there[2], ct),
        };
    }

    public override IEnumerable<string> Setup(FollowedTable table, string? login)
    {
        var columns = table.Columns.Select(c => $"{Quote(c.Name)} {c.Type}").ToList();
        var keys = table.Key.Select((k, i) => $"{Quote(ChangeLogNames.OldKey(i))} {table.Columns.First(c => c.Name == k).Type}");
        yield return "SET @datasync_mode = @@SESSION.sql_mode";
        yield return "SET SESSION sql_mode = 'ALLOW_INVALID_DATES'";
        yield return $"CREATE TABLE {table.QuotedLog} ({Quote(ChangeLogNames.Position)} BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, {Quote(ChangeLogNames.Operation)} CHAR(1) CHARACTER SET ascii NOT NULL, "
            + $"{Quote(ChangeLogNames.At)} DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6), {string.Join(", ", [.. keys, .. columns])}) ENGINE = InnoDB";
        yield return Mark(table, ChangeLogNames.Start);
        yield return Mark(table, ChangeLogNames.Second);
        foreach (var (on, operation, row) in Triggers)
            yield return $"CREATE TRIGGER {In(table, on)} AFTER {on} ON {table.Quoted} FOR EACH ROW {(on == "UPDATE" ? Update(table) : Record(table, operation, row))}";
        var names = string.Join(", ", Triggers.Select(t => Text(Name(table.Table, t.Event.ToLowerInvariant()))));
        yield return $"CREATE FUNCTION {In(table, "installed")}() RETURNS INT READS SQL DATA SQL SECURITY DEFINER RETURN (SELECT COUNT(*) FROM information_schema.TRIGGERS "
            + $"WHERE EVENT_OBJECT_SCHEMA = {Text(table.Schema!)} AND EVENT_OBJECT_TABLE = {Text(table.Table)} AND TRIGGER_NAME IN ({names}))";
        yield return $"CREATE SQL SECURITY DEFINER VIEW {In(table, "installed")} AS SELECT {In(table, "installed")}() AS {Quote("installed")}";
        if (login is not null)
        {
            yield return $"GRANT SELECT ON {table.QuotedLog} TO {login}";
            yield return $"GRANT SELECT ON {In(table, "installed")} TO {login}";
        }

        yield return "SET SESSION sql_mode = @datasync_mode";
    }

    public override IEnumerable<string> Undo(FollowedTable table) =>
    [
        .. Triggers.Select(t => $"DROP TRIGGER IF EXISTS {In(table, t.Event)}"),
        $"DROP VIEW IF EXISTS {In(table, "installed")}", $"DROP FUNCTION IF EXISTS {In(table, "installed")}", $"DROP TABLE IF EXISTS {table.QuotedLog}",
    ];

    public override async Task<string?> LoginAsync(AskServer ask, CancellationToken ct)
    {
        var login = (await ask("SELECT CURRENT_USER()", [], ct))[0][0]!;
        var at = login.LastIndexOf('@');
        return $"{Text(login[..at])}@{Text(login[(at + 1)..])}";
    }

    /// <summary>By the table's counter, which is one ahead. Servers that forget it at a restart may tell less, which then is not what it was.</summary>
    public override async Task<long?> GivenOutAsync(AskServer ask, FollowedTable table, CancellationToken ct)
    {
        if (!await IsMariaDbAsync(ask, ct)) await ask("SET SESSION information_schema_stats_expiry = 0", [], ct);
        var next = await ask("SELECT AUTO_INCREMENT FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?", [table.Schema!, Name(table.Table, "changes")], ct);
        return next is [[{ } text]] ? long.Parse(text, CultureInfo.InvariantCulture) - 1 : null;
    }

    /// <summary>
    /// TRUNCATE calls no trigger. Counting a large table at each sync would cost too much, but it has far fewer rows afterwards, by the server's own estimate, and is counted then; and a small one always.
    /// </summary>
    public override async Task<(long Rows, long Expected)?> DifferenceAsync(AskServer ask, FollowedTable table, ChangeLogState state, CancellationToken ct)
    {
        if (!await IsMariaDbAsync(ask, ct)) await ask("SET SESSION information_schema_stats_expiry = 0", [], ct);
        var estimated = await ask("SELECT TABLE_ROWS FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?", [table.Schema!, table.Table], ct);
        var rows = estimated is [[{ } text]] ? long.Parse(text, CultureInfo.InvariantCulture) : 0;
        if (rows > SmallTable && rows > state.Rows / 2) return null;
        var (position, operation) = (Quote(ChangeLogNames.Position), Quote(ChangeLogNames.Operation));
        var open = string.Concat(state.Open.Select(r => string.Create(CultureInfo.InvariantCulture, $" OR {position} BETWEEN {r.From} AND {r.To}")));
        var counted = await ask(
            string.Create(
                CultureInfo.InvariantCulture,
                $"""
                SELECT (SELECT COUNT(*) FROM {table.Quoted}), (SELECT COALESCE(SUM(CASE {operation} WHEN '{ChangeLogNames.Insert}' THEN 1 WHEN '{ChangeLogNames.Delete}' THEN -1 ELSE 0 END), 0)
                FROM {table.QuotedLog} WHERE {position} > {state.Position}{open})
                """),
            [], ct);
        var (there, expected) = (long.Parse(counted[0][0]!, CultureInfo.InvariantCulture), state.Rows + long.Parse(counted[0][1]!, CultureInfo.InvariantCulture));
        return there == expected ? null : (there, expected);
    }

    /// <summary>
    /// An UPDATE that changes nothing leaves a time with ON UPDATE as it was, and yet shows the trigger the new one: what the table does not have is not recorded. (An INSERT of a SELECT would say
    /// the same without an IF, but may lock the log's counter until the statement ends.)
    /// </summary>
    private string Update(FollowedTable table)
    {
        var record = Record(table, ChangeLogNames.Update, "NEW");
        if (table.Moved.Count == 0) return record;
        var isSo = string.Join(" AND ", [.. table.Key.Select(k => $"{Quote(k)} = NEW.{Quote(k)}"), .. table.Moved.Select(c => $"{Quote(c)} <=> NEW.{Quote(c)}")]);
        return $"IF EXISTS (SELECT 1 FROM {table.Quoted} WHERE {isSo}) THEN {record}; END IF";
    }

    /// <summary>What only this kind of server cannot record. At a replica nothing is seen of what its source has open; without transactions a row stays though its change is undone.</summary>
    private static async Task<TrackingReason?> UnfitAsync(AskServer ask, FollowedTable table, string? engine, CancellationToken ct)
    {
        if (engine != "InnoDB") return TrackingReason.Of("tracking.change_log.engine", ("engine", engine));
        foreach (var question in MySqlReplica.Questions)
        {
            if (await ask(question, [], ct) is not []) return TrackingReason.Of("tracking.change_log.replica");
        }

        return (await ask($"SHOW CREATE TABLE {table.Quoted}", [], ct))[0][1]!.Split('\n').Any(IsCascade) ? TrackingReason.Of("tracking.change_log.cascade") : null;
    }

    /// <summary>A foreign key by which the server itself changes rows, for which it calls no trigger. Names stand in backticks, and the actions behind them all.</summary>
    private static bool IsCascade(string line)
    {
        line = line.Trim();
        if (!line.StartsWith("CONSTRAINT ", StringComparison.Ordinal) && !line.StartsWith("FOREIGN KEY ", StringComparison.Ordinal)) return false;
        var actions = line[(line.LastIndexOf('`') + 1)..];
        return line.Contains(" FOREIGN KEY ", StringComparison.Ordinal)
            && (actions.Contains("CASCADE", StringComparison.Ordinal) || actions.Contains("SET NULL", StringComparison.Ordinal) || actions.Contains("SET DEFAULT", StringComparison.Ordinal));
    }

    /// <summary>The columns that <c>*</c> gives, each with the words that declare its equal: nothing may be refused by it that the table took.</summary>
    private async Task<List<LoggedColumn>> ColumnsAsync(AskServer ask, string schema, string table, CancellationToken ct)
    {
        var rows = await ask(
            "SELECT COLUMN_NAME, COLUMN_TYPE, CHARACTER_SET_NAME, COLLATION_NAME, EXTRA FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION", [schema, table], ct);
        var json = !await IsMariaDbAsync(ask, ct) ? [] : (await ask(
            "SELECT CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = ? AND TABLE_NAME = ? AND CHECK_CLAUSE LIKE 'json_valid(%)'", [schema, table], ct)).Select(r => r[0]!).ToHashSet(StringComparer.Ordinal);
        return [.. rows.Where(r => !r[4]!.Contains("INVISIBLE", StringComparison.OrdinalIgnoreCase)).Select(r => new LoggedColumn(r[0]!, Type(r, json.Contains($"json_valid({Quote(r[0]!)})"))))];
    }

    private static async Task<bool> IsMariaDbAsync(AskServer ask, CancellationToken ct) => (await ask("SELECT VERSION()", [], ct))[0][0]!.Contains("MariaDB", StringComparison.OrdinalIgnoreCase);

    private string Type(string?[] column, bool isJson)
    {
        var text = column[2] is { } set ? $" CHARACTER SET {set} COLLATE {column[3]}" : "";
        return $"{column[1]}{text} NULL DEFAULT NULL{(isJson ? $" CHECK (json_valid({Quote(column[0]!)}))" : "")}";
    }

    private string In(FollowedTable table, string suffix) => $"{Quote(table.Schema!)}.{Quote(Name(table.Table, suffix.ToLowerInvariant()))}";

    private static string Name(string table, string suffix) => ChangeLogNames.Of(table, suffix, LongestName, static t => t.EnumerateRunes().Count());

    private string Requested(string name) => $"{quote}{name.Replace($"{quote}", $"{quote}{quote}", StringComparison.Ordinal)}{quote}";

    /// <summary>A text as every <c>sql_mode</c> reads it: what is not plain stands as its bytes.</summary>
    private static string Text(string text)
        => text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '%' or '-' or ' ' or ':') ? $"'{text}'" : $"'{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "''", StringComparison.Ordinal)}'";

    private static SyncFailureException Undefined() => new(SyncFailure.Permanent("errors.extraction.undefined_table", ("sqlstate", "42S02")));
}
