using System.Globalization;
using DataSync.Extract.Connectors.Odbc.Native;
using DataSync.Extract.Connectors.Odbc.Rows;
using DataSync.Extract.Connectors.Odbc.Text;
using DataSync.Extract.Connectors.Postgres;
using DataSync.Extract.Incremental.ChangeLog;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Connectors.Odbc.Dialects;

/// <summary>
/// PostgreSQL through psqlodbc. The server itself enforces: one read-only snapshot, a statement within <c>SELECT … FROM (…)</c>, in which nothing can write,
/// its timeouts, and the login's privileges. The driver sends several statements in one text, so that there is only one is up to <see cref="SelectText"/>.
/// </summary>
internal sealed class PostgresDialect : OdbcDialect
{
    /// <summary>psqlodbc's own attributes: make a cursor instead of holding the whole result, with so many rows at first, and types as they are.</summary>
    private const int UseDeclareFetch = 65539, FetchRows = 65541, BoolsAsChar = 65545;

    private const int RowsAtOnce = 1000;

    /// <summary>Makes <see cref="Utf8Cell.Sample"/>.</summary>
    private const string Sample = @"SELECT U&'a\00e9\0416\6f22\+01d11e'::text";

    /// <summary>What driver and libpq say without a state where the server is gone. A savepoint of the driver's own fails in a transaction of reads for no other reason.</summary>
    private static readonly string[] Ends = ["server closed the connection", "connection has been closed", "no connection to the server", "could not receive data", "could not send data", "internal SAVEPOINT failed"];

    private bool _givesUtf8;

    public override SqlGrammar Grammar { get; } = new() { EscapeStrings = true, DollarQuotes = true, NestedComments = true };

    public override string NoColumnsKey => "errors.extraction.no_columns";

    public override bool AllowsPositioning => true;

    public override bool DescribesParameters => true;

    public override void Begin(OdbcSession session, TimeSpan timeout)
    {
        UseCursor(session, use: false);
        session.Set(FetchRows, RowsAtOnce);
        session.TrySet(BoolsAsChar, 0);
        var milliseconds = ((long)Math.Max(1, timeout.TotalMilliseconds)).ToString(CultureInfo.InvariantCulture);
        var lockMilliseconds = Math.Min(10_000, (long)Math.Max(1, timeout.TotalMilliseconds)).ToString(CultureInfo.InvariantCulture);
        session.Execute(
            $"""
            SELECT pg_catalog.set_config(s.name, s.value, false) FROM (
                VALUES ('default_transaction_read_only', 'on'), ('default_transaction_isolation', 'repeatable read'), ('statement_timeout', '{milliseconds}'),
                    ('lock_timeout', '{lockMilliseconds}'), ('idle_in_transaction_session_timeout', '{milliseconds}'), ('TimeZone', 'UTC'), ('DateStyle', 'ISO'),
                    ('IntervalStyle', 'iso_8601'), ('extra_float_digits', '1'), ('bytea_output', 'hex'), ('standard_conforming_strings', 'on')
                UNION ALL SELECT 'client_connection_check_interval', '500'
                WHERE pg_catalog.current_setting('client_connection_check_interval', true) IS NOT NULL AND pg_catalog.version() LIKE '%linux%') AS s(name, value)
            """);

        // before the transaction begins: a database whose encoding lacks a character fails here
        _givesUtf8 = session.GivesUtf8(Sample, Utf8Cell.Sample);
        session.Set(OdbcCode.Autocommit, OdbcCode.AutocommitOff);
        if (session.Query("SELECT pg_catalog.current_setting('transaction_read_only')") is not [["on"]])
            throw new SyncFailureException(SyncFailure.Permanent("errors.extraction.statement_refused", ("sqlstate", "25000")));
    }

    public override int? FirstRows => RowsAtOnce;

    public override void UseCursor(OdbcSession session, bool use) => session.TrySet(UseDeclareFetch, use ? 1 : 0);

    public override CellFormat Format(DescribedColumn column) => base.Format(column) is var format && format is TextCell && _givesUtf8 ? new Utf8Cell() : format;

    /// <summary>As text: the driver reads times itself where it knows it is to send one, and loses what a second has after its point.</summary>
    public override string Placeholder(DescribedColumn column) => column.Type switch
    {
        SqlType.Timestamp => "CAST(CAST(? AS text) AS timestamptz)",
        SqlType.Date => "CAST(CAST(? AS text) AS date)",
        _ => "?",
    };

    public override string Running => RunningTransactions.Sql;

    public override bool IsReplica(OdbcSession session) => session.Query("SELECT pg_catalog.pg_is_in_recovery()::text") is [["true"]];

    public override ChangeLogDialect ChangeLog(TimeProvider time) => new PostgresChangeLog(isNumbered: false);

    public override AccessReport Access(OdbcSession session)
    {
        var found = session.Query(PrivilegeProbe.Sql).ToLookup(r => r[0] == PrivilegeProbe.ReplicationPlace.ToString(CultureInfo.InvariantCulture), r => r[1]!);
        return new AccessReport([.. found[false]], found[true].Any());
    }

    public override bool DemandPlain(OdbcSession session, AccessReport access, ReadRequest request)
        => !access.Replication || (request.Table is { } table && session.Query($"SELECT {SlotGuard.IsPlain("CAST(? AS text)")}::text FROM pg_catalog.pg_class c WHERE c.oid = pg_catalog.to_regclass(CAST(? AS text))", request.Window?.Field ?? "", Asked(table)) is [["true"]]) ? true : throw SlotGuard.Refusal();

    public override IReadOnlyDictionary<string, object?>? Tls(OdbcSession session)
        => session.Query("SELECT s.version, s.cipher FROM pg_catalog.pg_stat_ssl s WHERE s.pid = pg_catalog.pg_backend_pid()") is [{ } row] ? Seen(row[0], row[1]) : null;

    public override OdbcCancel Cancel => OdbcCancel.BySecondSession;

    public override string Kill(OdbcSession session) => $"SELECT pg_catalog.pg_cancel_backend({int.Parse(session.Query("SELECT pg_catalog.pg_backend_pid()")[0][0]!, CultureInfo.InvariantCulture)})";

    public override bool IsLost(OdbcException e)
        => e.State is "57P01" or "57P02" or "57P05" or "25P03" || e.Native == 35 || (e.State == "HY000" && Ends.Any(words => e.DriverText.Contains(words, StringComparison.Ordinal)));

    /// <summary>The catalog is asked itself: a key that may repeat (a parent's with children) or that is checked late is none to go on from.</summary>
    public override OdbcTable Find(OdbcSession session, string name)
    {
        var rows = session.Query(
            """
            SELECT n.nspname::text, c.relname::text, a.attname::text, pg_catalog.format_type(a.atttypid, a.atttypmod)
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            LEFT JOIN pg_catalog.pg_index i ON i.indrelid = c.oid AND i.indisprimary AND i.indisvalid AND i.indimmediate
                AND (c.relkind = 'p' OR NOT EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhparent = c.oid))
            LEFT JOIN LATERAL pg_catalog.unnest(i.indkey) WITH ORDINALITY k(attnum, place) ON k.place <= i.indnkeyatts
            LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
            WHERE c.oid = pg_catalog.to_regclass(?) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
            ORDER BY k.place
            """,
            Asked(name));
        if (rows.Count == 0) throw OdbcTable.Undefined();
        return new OdbcTable(
            $"{SqlName.Quote(rows[0][0]!)}.{SqlName.Quote(rows[0][1]!)}", "\"",
            [.. rows.Where(r => r[2] is not null).Select(r => new KeyColumn(r[2]!, r[3]!))]);
    }

    private static string Asked(string name)
    {
        var parts = SqlName.Parse(name) ?? throw OdbcTable.Undefined();
        return parts.Schema is null ? SqlName.Quote(parts.Table) : $"{SqlName.Quote(parts.Schema)}.{SqlName.Quote(parts.Table)}";
    }

    public override (string Condition, IReadOnlyList<KeyValue> Values) Behind(OdbcTable table, IReadOnlyList<KeyValue> key)
        => ($"({string.Join(", ", key.Select(k => table.Quoted(k.Column)))}) > ({string.Join(", ", key.Select(k => $"CAST(CAST(? AS text) AS {k.Type})"))})", key);

    public override string Describing(string sql) => $"SELECT * FROM (\n{sql}\n) AS q";

    public override Projection Project(string sql, IReadOnlyList<DescribedColumn> columns, long? limit)
    {
        var aliases = string.Join(",", columns.Select((_, i) => $"c{i}"));
        var rows = limit is { } most ? string.Create(CultureInfo.InvariantCulture, $" LIMIT {most}") : "";

        // OFFSET keeps the planner from putting a column's expression wherever the column is named: it is evaluated once
        var (expressions, fetched, members) = PostgresRow.Of(columns, Column);
        return new Projection($"SELECT {string.Join(",", expressions)} FROM (SELECT * FROM (\n{sql}\n) AS f OFFSET 0) AS q({aliases}){rows}", fetched, members);
    }

    private (string Expression, CellFormat Format) Column(DescribedColumn column, string name) => (column.Type, column.TypeName) switch
    {
        (SqlType.Timestamp, "timestamptz") => ($"{name}::text", new PostgresTimeCell(utc: true)),
        (SqlType.Timestamp or SqlType.Date, _) => ($"{name}::text", new PostgresTimeCell(utc: false)),
        (SqlType.Time, _) => ($"{name}::text", new AsciiCell()),
        (_, "money") => ($"{name}::numeric", new ExactCell()),
        _ when SqlType.IsFloating(column.Type) => (name, new PostgresFloatCell(single: column.Type == SqlType.Real)),
        _ => (name, Format(column)),
    };
}
