using DataSync.IntegrationTests.MariaDb;
using DataSync.Pipeline.Connectors;

namespace DataSync.IntegrationTests.Extract.Odbc;

/// <summary>The contract's tables in MariaDB, with a login that can only read.</summary>
public sealed class OdbcMariaDbDatabase : IAsyncLifetime
{
    internal MariaDbServer Server { get; private set; } = null!;

    internal string Database { get; private set; } = "";

    internal string Login { get; } = $"r{Guid.CreateVersion7():n}"[..30];

    internal SourceConnection Connection { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Server = await MariaDbServer.GetAsync(CancellationToken.None);
        Database = await Server.CreateDatabaseAsync("odbc", CancellationToken.None);
        await Server.ExecuteAsync(
            $"""
            CREATE TABLE numbers (id bigint PRIMARY KEY, name varchar(100) NOT NULL);
            INSERT INTO numbers SELECT seq, CONCAT('name ', seq) FROM seq_{ConnectorContract.ContractRows}_to_1;
            CREATE TABLE keyless AS SELECT * FROM numbers;
            CREATE TABLE pairs (b varchar(30) NOT NULL, a varchar(20) NOT NULL, PRIMARY KEY (a, b));
            INSERT INTO pairs SELECT CONCAT('b''"\\', id), CONCAT('ä', id % 7) FROM numbers;
            CREATE TABLE by_enum (k enum('b', 'a') PRIMARY KEY); INSERT INTO by_enum VALUES ('a'), ('b');
            CREATE TABLE by_beginning (k varchar(50) NOT NULL, PRIMARY KEY (k(3))); INSERT INTO by_beginning VALUES ('abcd'), ('abde');
            CREATE TABLE long_numbers (id int unsigned PRIMARY KEY, name varchar(20));
            INSERT INTO long_numbers SELECT seq, CONCAT('n', seq) FROM seq_1_to_50001;
            CREATE USER '{Login}'@'%' IDENTIFIED BY 'p;w=x%41';
            GRANT SELECT ON `{Database}`.* TO '{Login}'@'%';
            """,
            CancellationToken.None, Database);
        Connection = OdbcSource.Of(Server, Database, Login, "p;w=x%41");
    }

    public async ValueTask DisposeAsync() => await Server.ExecuteAsync($"DROP USER '{Login}'@'%'; DROP DATABASE `{Database}`", CancellationToken.None);
}

/// <summary>The same with a table of many rows: what has no key cannot be read without holding it.</summary>
public sealed class OdbcMariaDbContractDatabase : IAsyncLifetime
{
    internal OdbcMariaDbDatabase Tables { get; } = new();

    public async ValueTask InitializeAsync()
    {
        await Tables.InitializeAsync();
        await Tables.Server.ExecuteAsync("CREATE TABLE many (id int PRIMARY KEY); INSERT INTO many SELECT seq FROM seq_1_to_700000", CancellationToken.None, Tables.Database);
    }

    public ValueTask DisposeAsync() => Tables.DisposeAsync();
}

public class OdbcMariaDbContractTests(OdbcMariaDbContractDatabase database) : ConnectorContract, IClassFixture<OdbcMariaDbContractDatabase>
{
    internal override IConnector Connector { get; } = OdbcSource.Connector();

    internal override SourceConnection Connection => database.Tables.Connection;

    protected override string SlowQuery => "SELECT t.i, SLEEP(IF(t.i = 1, 0, 60)) AS s FROM (SELECT 1 AS i UNION ALL SELECT 2 UNION ALL SELECT 3) t";

    /// <summary>Over one table with a key: any other query is held whole by the driver, up to the operator's bound.</summary>
    protected override string HugeQuery => "SELECT id, CAST(REPEAT('x', 100) AS char(100)) AS filler FROM many";

    protected override string LargeQuery => "SELECT t.i, IF(t.i = 2, REPEAT('y', 70000000), 'small') AS v, 'end' AS w FROM (SELECT 1 AS i UNION ALL SELECT 2 UNION ALL SELECT 3) t";

    protected override string EscapedQuery => "SELECT t.i, IF(t.i = 2, REPEAT(CHAR(1 USING utf8mb4), 20000000), 'small') AS v, 'end' AS w FROM (SELECT 1 AS i UNION ALL SELECT 2 UNION ALL SELECT 3) t";

    protected override string WriteStatement => "DELETE FROM numbers RETURNING id";

    protected override Task EndSessionsAsync() => database.Tables.Server.ExecuteAsync($"KILL CONNECTION USER {database.Tables.Login}", Ct);

    protected override IEnumerable<(string Expression, string Json)> Types =>
    [
        ("CAST(-9223372036854775808 AS SIGNED)", "-9223372036854775808"), ("9223372036854775807", "9223372036854775807"), ("18446744073709551615", "18446744073709551615"), ("CAST(0 AS SIGNED)", "0"),
        ("CAST('0.10' AS DECIMAL(10,2))", "0.10"), ("12345678901234567890.123456789", "12345678901234567890.123456789"), ("-0.5", "-0.5"), ("0.1e0 + 0.2e0", "0.30000000000000004"), ("1e300", "1E+300"), ("CAST(0.1 AS FLOAT)", "0.1"),
        ("true", "1"), ("NULL", "null"), ("''", "\"\""), ("'a\"b\\\\c\\n\\t é 漢 😀'", "\"a\\\"b\\\\c\\n\\t é 漢 😀\""), ("REPEAT('😀', 200)", "\"" + string.Concat(Enumerable.Repeat("😀", 200)) + "\""),
        ("CAST('x' AS CHAR(9))", "\"x\""), ("x'00ff10'", "\"AP8Q\""), ("CAST('' AS BINARY)", "\"\""), ("DATE '2024-02-29'", "\"2024-02-29\""), ("CAST('2024-01-01 00:00:00' AS DATETIME)", "\"2024-01-01T00:00:00\""),
        ("CAST('2024-01-01 01:02:03.450' AS DATETIME(3))", "\"2024-01-01T01:02:03.45\""), ("CAST('1000-01-01 00:00:00.000001' AS DATETIME(6))", "\"1000-01-01T00:00:00.000001\""),
        ("CAST('{\"a\": 1}' AS CHAR(20))", "\"{\\\"a\\\": 1}\""), ("'a;b'", "\"a;b\""), ("REPEAT('é', 40000)", "\"" + new string('é', 40_000) + "\""),
    ];

    [Theory]
    [InlineData("by_enum"), InlineData("by_beginning")]
    public async Task Read_a_key_that_is_not_ordered_as_it_is_compared_gives_no_token(string table)
    {
        var outcome = await ReadAsync(new ReadRequest { Table = table });
        Assert.Equal(2, outcome.Documents.Count);
        Assert.Empty(outcome.Token);
    }

    [Fact]
    public async Task Read_a_table_by_pages_gives_every_record_once()
    {
        var outcome = await ReadAsync(new ReadRequest { Table = "long_numbers", BatchSize = 7000 });
        Assert.Equal(Enumerable.Range(1, 50_001).Select(i => $"{{\"id\":{i},\"name\":\"n{i}\"}}"), outcome.Documents);
    }

    /// <summary>Where its room is too small, the driver turns what lies behind it into text too: at times that is none, at times it is nobody's memory.</summary>
    [Theory]
    [InlineData("utf8mb4"), InlineData("latin1")]
    public async Task Read_texts_of_any_length_come_out_as_from_the_native_connector(string charset)
    {
        var request = new ReadRequest
        {
            Query =
                """
                SELECT id, CASE id % 5 WHEN 0 THEN NULL WHEN 1 THEN REPEAT(CONVERT(X'C3A9E6BCA2' USING utf8mb4), id * 40) WHEN 2 THEN '' WHEN 3 THEN CONCAT('a', CHAR(0 USING utf8mb4), REPEAT('b', id)) ELSE 'short' END AS t,
                    CONVERT(X'F09D849E' USING utf8mb4) AS s
                FROM long_numbers WHERE id <= 500 ORDER BY id
                """,
        };
        var tables = database.Tables;
        var native = new SourceConnection(
            "mysql", System.Text.Json.JsonSerializer.SerializeToElement(new { driver = "mysql", host = MariaDbServer.Host, port = tables.Server.Port, database = tables.Database, username = tables.Login, password = "p;w=x%41", tls = "disable" }));
        var expected = (await ReadOutcome.OfAsync(MySqlSource.Connector(), native, request, Ct)).Documents;
        Assert.Equal(500, expected.Count);
        Assert.Equal(expected, (await ReadOutcome.OfAsync(Connector, OdbcSource.Of(tables.Server, tables.Database, tables.Login, "p;w=x%41", ("CHARSET", charset)), request, Ct)).Documents);
    }

    /// <summary>The driver holds results whole: a query over one table comes along its key, piece by piece, its own parameters and all; any other as it is.</summary>
    [Fact]
    public async Task Read_a_query_over_one_table_by_pages_gives_every_record_once()
    {
        var request = Request("SELECT name, id, NOW(6) AS t FROM long_numbers n WHERE id > @least AND name <> 'n7'", "{\"least\":5}");
        var outcome = await ReadAsync(request with { BatchSize = 7000 });
        Assert.Equal(Enumerable.Range(6, 49_996).Where(i => i != 7).Select(i => $"{{\"name\":\"n{i}\",\"id\":{i}"), outcome.Documents.Select(d => d[..d.IndexOf(",\"t\"", StringComparison.Ordinal)]));
        Assert.Single(outcome.Documents.Select(d => d[d.IndexOf(",\"t\"", StringComparison.Ordinal)..]).Distinct());
        Assert.Empty(outcome.Token);
        foreach (var (sql, rows) in new[] { ("SELECT name FROM long_numbers", 50_001), ("SELECT id, id AS id FROM long_numbers", 50_001), ("SELECT id, name FROM long_numbers ORDER BY name DESC", 50_001), ("SELECT MAX(id) AS id FROM long_numbers", 1), ("SELECT DISTINCT id, name FROM long_numbers", 50_001) })
            Assert.Equal(rows, (await QueryAsync(sql)).Documents.Distinct().Count());
        Assert.Equal("{\"id\":9999,\"name\":\"n9999\"}", (await QueryAsync("SELECT id, name FROM long_numbers ORDER BY name DESC")).Documents[0]);
    }
}
