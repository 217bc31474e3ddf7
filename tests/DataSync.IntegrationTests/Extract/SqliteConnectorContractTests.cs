using DataSync.Pipeline.Connectors;

namespace DataSync.IntegrationTests.Extract;

public sealed class SqliteConnectorContractTests : ConnectorContract, IDisposable
{
    private readonly SqliteSource _source = new();

    internal override IConnector Connector => _source.Connector;

    internal override SourceConnection Connection => _source.Connection;

    protected override string SlowQuery
        => "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 2000000000) SELECT i FROM n WHERE i = 1 OR i > 1999999990";

    protected override string HugeQuery
        => "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 2000000) SELECT i, printf('%0100d', i) AS filler FROM n";

    protected override string LargeQuery => "SELECT i, CASE WHEN i = 2 THEN CAST(zeroblob(70000000) AS TEXT) ELSE 'small' END AS v, 'end' AS w FROM (VALUES (1), (2), (3)) AS t(i)"
        .Replace("(VALUES (1), (2), (3)) AS t(i)", "(SELECT column1 AS i FROM (VALUES (1), (2), (3)))", StringComparison.Ordinal);

    protected override string EscapedQuery => "SELECT i, CASE WHEN i = 2 THEN CAST(zeroblob(20000000) AS TEXT) ELSE 'small' END AS v, 'end' AS w FROM (VALUES (1), (2), (3)) AS t(i)"
        .Replace("(VALUES (1), (2), (3)) AS t(i)", "(SELECT column1 AS i FROM (VALUES (1), (2), (3)))", StringComparison.Ordinal);

    protected override string WriteStatement => "DELETE FROM numbers RETURNING id";

    public SqliteConnectorContractTests()
        => _source.Execute(
            $"""
            CREATE TABLE numbers (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
            WITH RECURSIVE n(i) AS (SELECT {Rows} UNION ALL SELECT i - 1 FROM n WHERE i > 1) INSERT INTO numbers SELECT i, 'name ' || i FROM n;
            CREATE TABLE keyless AS SELECT * FROM numbers;
            CREATE TABLE pairs (b, a, PRIMARY KEY (a, b)) WITHOUT ROWID;
            INSERT INTO pairs SELECT CASE id % 4 WHEN 0 THEN id WHEN 1 THEN id + 0.5 WHEN 2 THEN 'b''"' || id ELSE CAST('x' || id AS BLOB) END, 'ä' || id % 7 FROM numbers;
            """);

    public void Dispose() => _source.Dispose();

    protected override string HasNoSessions => "SQLite is a library that reads a file: there is no server that could end a session.";

    protected override Task EndSessionsAsync() => Task.CompletedTask;

    protected override IEnumerable<(string Expression, string Json)> Types =>
    [
        ("-9223372036854775808", "-9223372036854775808"), ("9223372036854775807", "9223372036854775807"), ("0", "0"),
        ("1.0", "1.0"), ("0.1 + 0.2", "0.30000000000000004"), ("1e300", "1E+300"), ("9e999", "\"Infinity\""), ("-9e999", "\"-Infinity\""), ("9e999 - 9e999", "null"),
        ("NULL", "null"), ("''", "\"\""), ("'a\"b\\' || char(10) || char(1) || 'é漢😀'", "\"a\\\"b\\\\\\n\\u0001é漢😀\""), ("'a' || char(0) || 'b'", "\"a\\u0000b\""),
        ("x'00ff10'", "\"AP8Q\""), ("x''", "\"\""), ("CAST('12' AS INTEGER)", "12"), ("true", "1"), ("date('2024-02-29')", "\"2024-02-29\""),
        ("json('{\"a\": 1}')", "\"{\\\"a\\\":1}\""),
    ];
}
