using DataSync.Pipeline.Connectors;

namespace DataSync.IntegrationTests.Extract.Odbc;

public sealed class OdbcSqliteContractTests : ConnectorContract, IDisposable
{
    private readonly SqliteSource _source = new();

    internal override IConnector Connector { get; } = OdbcSource.Connector();

    internal override SourceConnection Connection { get; }

    protected override string SlowQuery
        => "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 2000000000) SELECT i FROM n WHERE i = 1 OR i > 1999999990";

    protected override string HugeQuery => "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 2000000) SELECT i, printf('%0100d', i) AS filler FROM n";

    protected override string LargeQuery => "SELECT i, CASE WHEN i = 2 THEN replace(hex(zeroblob(35000000)), '0', 'y') ELSE 'small' END AS v, 'end' AS w FROM (SELECT 1 AS i UNION ALL SELECT 2 UNION ALL SELECT 3)";

    protected override string EscapedQuery => "SELECT i, CASE WHEN i = 2 THEN replace(hex(zeroblob(10000000)), '0', char(1)) ELSE 'small' END AS v, 'end' AS w FROM (SELECT 1 AS i UNION ALL SELECT 2 UNION ALL SELECT 3)";

    protected override string WriteStatement => "DELETE FROM numbers RETURNING id";

    public OdbcSqliteContractTests()
    {
        _source.Execute(
            $"""
            CREATE TABLE numbers (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
            WITH RECURSIVE n(i) AS (SELECT {Rows} UNION ALL SELECT i - 1 FROM n WHERE i > 1) INSERT INTO numbers SELECT i, 'name ' || i FROM n;
            CREATE TABLE keyless AS SELECT * FROM numbers;
            CREATE TABLE pairs (b, a, PRIMARY KEY (a, b)) WITHOUT ROWID;
            INSERT INTO pairs SELECT CASE id % 3 WHEN 0 THEN id ELSE 'b''"' || id END, 'ä' || id % 7 FROM numbers;
            """);
        Connection = OdbcSource.Of(_source);
    }

    public void Dispose() => _source.Dispose();

    protected override string HasNoSessions => "SQLite is a library that reads a file: there is no server that could end a session.";

    protected override Task EndSessionsAsync() => Task.CompletedTask;

    protected override IEnumerable<(string Expression, string Json)> Types =>
    [
        ("-9223372036854775808", "-9223372036854775808"), ("9223372036854775807", "9223372036854775807"), ("0", "0"), ("1.0", "1.0"), ("0.1 + 0.2", "0.30000000000000004"), ("1e300", "1E+300"),
        ("5e-324", "5E-324"), ("9e999", "\"Infinity\""), ("-9e999", "\"-Infinity\""), ("NULL", "null"), ("''", "\"\""), ("'a\"b' || char(10) || char(1) || 'é漢😀'", "\"a\\\"b\\n\\u0001é漢😀\""),
        ("'a' || char(0) || 'b'", "\"a\\u0000b\""), ("x'00ff10'", "\"AP8Q\""), ("x''", "\"\""), ("'12'", "\"12\""), ("true", "1"), ("date('2024-02-29')", "\"2024-02-29\""), ("CAST(x'61ff62' AS TEXT) IS NULL", "0"),
        ("replace(hex(zeroblob(20000)), '0', 'é')", "\"" + new string('é', 40_000) + "\""), ("json('{\"a\": 1}')", "\"{\\\"a\\\":1}\""),
    ];
}
