using System.Globalization;
using DataSync.Extract.Connectors.MySql;
using DataSync.Extract.Connectors.Odbc.Native;
using DataSync.Extract.Connectors.Odbc.Rows;
using DataSync.Extract.Connectors.Odbc.Text;
using DataSync.Extract.Incremental.ChangeLog;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Connectors.Odbc.Dialects;

/// <summary>
/// MariaDB and MySQL through MariaDB's driver. The server itself enforces: a read-only transaction with one snapshot, its time limit, the login's grants, and,
/// since statements are prepared there, that there is but one. <c>sql_mode</c> is set, so that quotes are read here as they are there.
/// </summary>
internal sealed class MariaDbDialect(bool isMariaDb) : OdbcDialect
{
    public override SqlGrammar Grammar { get; } = new() { BackslashEscapes = true, HashComments = true, MySqlComments = true, Backticks = true };

    public override bool TrustsLengths => true;

    public override bool SchemasAreCatalogs => true;

    public override OdbcCancel Cancel => OdbcCancel.BySecondSession;

    public override string? Kill(OdbcSession session) => session.Query("SELECT CONNECTION_ID()") is [[{ } id]] ? $"KILL QUERY {id}" : null;

    /// <summary>The driver holds whole results before 3.1.17 and unless it is told otherwise; what has a key is read page by page, within the one snapshot.</summary>
    public override int? PageRows => 20_000;

    public override void StopClock(OdbcSession session) => session.Execute("SET SESSION timestamp = UNIX_TIMESTAMP(NOW(6))");

    /// <summary>Around a statement a LIMIT would take away its order, and columns of one name.</summary>
    public override void Limit(OdbcSession session, long rows) => session.Execute(string.Create(CultureInfo.InvariantCulture, $"SET SESSION sql_select_limit = {rows}"));

    public override void Begin(OdbcSession session, TimeSpan timeout)
    {
        var seconds = Math.Max(1, (long)Math.Ceiling(timeout.TotalSeconds));
        var limit = isMariaDb
            ? string.Create(CultureInfo.InvariantCulture, $"max_statement_time = {Math.Max(0.001, timeout.TotalSeconds):0.000}")
            : string.Create(CultureInfo.InvariantCulture, $"max_execution_time = {Math.Max(1, (long)timeout.TotalMilliseconds)}");
        session.Execute(string.Create(
            CultureInfo.InvariantCulture,
            $"SET SESSION sql_mode = 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', SESSION time_zone = '+00:00', SESSION {limit}, "
                + $"SESSION lock_wait_timeout = {Math.Min(10, seconds)}, SESSION innodb_lock_wait_timeout = {Math.Min(10, seconds)}, SESSION net_write_timeout = {Math.Max(60, seconds)}"));
        if (!session.GivesUtf8($"SELECT CONVERT(X'{Convert.ToHexString(Utf8Cell.Sample)}' USING utf8mb4)", Utf8Cell.Sample))
        {
            session.Execute("DO 0"); // where the connection is gone, that is what is told
            throw new SyncFailureException(SyncFailure.Permanent("errors.extraction.statement_refused", ("sqlstate", "22021")));
        }

        session.Execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ");
        session.Execute("SET SESSION TRANSACTION READ ONLY");
        session.Set(OdbcCode.Autocommit, OdbcCode.AutocommitOff);
        session.Execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
    }

    /// <summary>Read as the native connector reads them: what is not known to only read is a finding.</summary>
    public override AccessReport Access(OdbcSession session)
    {
        var lines = new List<string>();
        foreach (var question in GrantProbe.Questions(lines, isMariaDb)) lines.AddRange(session.Query(question).Select(r => r[0] ?? ""));
        return GrantProbe.Judge(lines, SeesEverybody(session, lines));
    }

    private bool SeesEverybody(OdbcSession session, List<string> lines)
    {
        if (GrantProbe.OfEverybody(lines, isMariaDb) is not { } question) return false;
        try
        {
            lines.AddRange(session.Query(question).Select(r => r[0] ?? ""));
            return true;
        }
        catch (OdbcException e) when (GrantProbe.IsDenied(e.Native))
        {
            return false;
        }
    }

    public override IReadOnlyDictionary<string, object?> Tls(OdbcSession session)
    {
        var found = session.Query("SHOW SESSION STATUS WHERE Variable_name IN ('Ssl_version', 'Ssl_cipher')").ToDictionary(r => r[0] ?? "", r => r[1], StringComparer.OrdinalIgnoreCase);
        return Seen(found.GetValueOrDefault("Ssl_version"), found.GetValueOrDefault("Ssl_cipher"));
    }

    /// <summary>The driver lists a key's columns as they stand in the table.</summary>
    public override IReadOnlyList<string> KeyOf(OdbcSession session, string? catalog, string? schema, string table) =>
    [
        .. session.Query(
            "SELECT COLUMN_NAME FROM information_schema.STATISTICS WHERE INDEX_NAME = 'PRIMARY' AND TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY SEQ_IN_INDEX", catalog ?? "", table)
            .Select(r => r[0]!),
    ];

    /// <summary>
    /// A key of which a column is ordered otherwise than its text is compared (<c>ENUM</c> by its numbers), does not compare exactly, or is there with its beginning
    /// alone, is none to go on from.
    /// </summary>
    public override OdbcTable Find(OdbcSession session, string name)
    {
        var table = OdbcTable.Find(session, name, out var schema, out var plain);
        var odd = session.Query(
            """
            SELECT 1 FROM information_schema.STATISTICS s JOIN information_schema.COLUMNS c USING (TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME)
            WHERE s.INDEX_NAME = 'PRIMARY' AND s.TABLE_SCHEMA = ? AND s.TABLE_NAME = ? AND (s.SUB_PART IS NOT NULL OR c.DATA_TYPE IN ('enum', 'set', 'bit', 'float', 'double'))
            """,
            schema ?? "", plain);
        return odd.Count == 0 ? table : table with { Key = [] };
    }

    public override ChangeLogDialect ChangeLog(TimeProvider time) => new MySqlChangeLog('"', time);

    public override string? Key(OdbcException e) => e.Native switch
    {
        1317 or 1969 or 3024 or 1028 => "errors.extraction.statement_timeout",
        1142 or 1143 or 1044 or 1227 or 1370 => "errors.extraction.permission",
        1792 or 1290 or 1295 => "errors.extraction.statement_refused",
        1205 => "errors.extraction.lock_timeout",
        1213 => "errors.extraction.conflict",
        1305 => "errors.extraction.types",
        _ => null,
    };

    public override bool IsLost(OdbcException e) => e.Native is 2006 or 2013 or 2055 or 1053 or 1927;

    /// <summary>
    /// Text as <c>char</c>, which the driver copies as it came. To make UTF-16 of a bound value it takes the value's whole length, of which its own buffer holds only what there is room
    /// for: it reads whatever lies behind. Bits and times are as the native connector has them.
    /// </summary>
    public override CellFormat Format(DescribedColumn column) => column switch
    {
        { TypeName: "bit" } => new BitsCell(),
        _ when SqlType.IsExact(column.Type) => new ExactCell(padded: true),
        { Type: SqlType.Date or SqlType.Time or SqlType.Timestamp } => new MariaDbTimeCell(utc: column.TypeName == "timestamp"),
        _ => base.Format(column) is var format && format is TextCell ? new Utf8Cell() : format,
    };
}
