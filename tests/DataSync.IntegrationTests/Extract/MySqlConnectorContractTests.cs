using DataSync.Pipeline.Connectors;

namespace DataSync.IntegrationTests.Extract;

/// <summary>The contract's tables, made once: nothing the contract does changes them.</summary>
public sealed class MySqlContractDatabase : IAsyncLifetime
{
    internal MySqlSource Source { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Source = await MySqlSource.CreateAsync(CancellationToken.None);
        await Source.ExecuteAsync(
            $"""
            CREATE TABLE numbers (id bigint PRIMARY KEY, name text NOT NULL);
            INSERT INTO numbers SELECT seq, CONCAT('name ', seq) FROM seq_{ConnectorContract.ContractRows}_to_1;
            CREATE TABLE keyless AS SELECT * FROM numbers;
            CREATE TABLE pairs (b varchar(40) CHARACTER SET latin1, a varchar(20) COLLATE utf8mb4_general_ci, PRIMARY KEY (a, b));
            INSERT INTO pairs SELECT CONCAT('b''"\\', seq), CONCAT('ä', seq % 7) FROM seq_1_to_{ConnectorContract.ContractRows};
            """,
            CancellationToken.None);
    }

    public ValueTask DisposeAsync() => Source.DisposeAsync();
}

public class MySqlConnectorContractTests(MySqlContractDatabase database) : ConnectorContract, IClassFixture<MySqlContractDatabase>
{
    internal override IConnector Connector { get; } = MySqlSource.Connector();

    internal override SourceConnection Connection => database.Source.Connection;

    protected override string SlowQuery => "SELECT seq, SLEEP(IF(seq = 1, 0, 60)) AS s FROM seq_1_to_3";

    protected override string HugeQuery => "SELECT seq, REPEAT('x', 100) AS filler FROM seq_1_to_2000000";

    protected override string LargeQuery => "SELECT seq AS i, IF(seq = 2, REPEAT('y', 70000000), 'small') AS v, 'end' AS w FROM seq_1_to_3";

    protected override string EscapedQuery => "SELECT seq AS i, IF(seq = 2, REPEAT(CHAR(1 USING utf8mb4), 20000000), 'small') AS v, 'end' AS w FROM seq_1_to_3";

    protected override string WriteStatement => "INSERT INTO numbers VALUES (0, 'x') RETURNING id";

    protected override Task EndSessionsAsync() => database.Source.ExecuteAsync($"KILL CONNECTION USER {database.Source.Login}", Ct);

    protected override IEnumerable<(string Expression, string Json)> Types =>
    [
        ("CAST(-128 AS SIGNED)", "-128"), ("2147483647", "2147483647"), ("-9223372036854775808", "-9223372036854775808"), ("9223372036854775807", "9223372036854775807"),
        ("18446744073709551615", "18446744073709551615"), ("CAST(18446744073709551615 AS UNSIGNED)", "18446744073709551615"), ("0.10", "0.10"), ("-0.000001230", "-0.000001230"),
        ("12345678901234567890123456789012345.123456789012345678901234567890", "12345678901234567890123456789012345.123456789012345678901234567890"),
        ("CAST(0 AS DECIMAL(10,3))", "0.000"), ("CAST(-5 AS DECIMAL(10,0))", "-5"), ("1e300", "1E+300"), ("0.1e0 + 0.2e0", "0.30000000000000004"), ("-0.5e0", "-0.5"),
        ("CAST(0.1 AS FLOAT)", "0.1"), ("CAST(16777217 AS FLOAT)", "16777216"), ("CAST(1234567 AS FLOAT)", "1234567"), ("CAST(0.1 AS DOUBLE)", "0.1"),
        ("TRUE", "1"), ("FALSE", "0"), ("1 = 1", "1"), ("NULL", "null"), ("CAST(NULL AS DATE)", "null"), ("b'101'", "\"BQ==\""),
        ("''", "\"\""), ("'a\"b\\\\c\\n\\t\\r é 漢 😀'", "\"a\\\"b\\\\c\\n\\t\\r é 漢 😀\""), ("_latin1 X'E9'", "\"é\""), ("CAST('ab' AS CHAR(4))", "\"ab\""), ("';'", "\";\""), ("'@x ? -- /*'", "\"@x ? -- /*\""),
        ("X'00FF10'", "\"AP8Q\""), ("CAST('' AS BINARY)", "\"\""),
        ("DATE '2024-02-29'", "\"2024-02-29\""), ("DATE '1000-01-01'", "\"1000-01-01\""), ("DATE '9999-12-31'", "\"9999-12-31\""), ("TIMESTAMP '2024-01-01 00:00:00'", "\"2024-01-01T00:00:00\""),
        ("TIMESTAMP '1969-12-31 23:59:59.999999'", "\"1969-12-31T23:59:59.999999\""), ("TIMESTAMP '2024-01-01 00:00:00.120'", "\"2024-01-01T00:00:00.12\""), ("TIMESTAMP '2024-01-01 00:00:00.000001'", "\"2024-01-01T00:00:00.000001\""),
        ("CAST('838:59:59.5' AS TIME(1))", "\"838:59:59.5\""), ("CAST('-838:59:59' AS TIME)", "\"-838:59:59\""), ("TIME '00:00:00'", "\"00:00:00\""), ("CAST('-00:00:00.000001' AS TIME(6))", "\"-00:00:00.000001\""),
        ("CAST('25:01:02' AS TIME)", "\"25:01:02\""), ("JSON_OBJECT('a', 1)", "\"{\\\"a\\\": 1}\""), ("CAST('::1' AS INET6)", "\"::1\""), ("CAST('A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11' AS UUID)", "\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\""),
        ("ST_AsBinary(POINT(1, 2))", "\"AQEAAAAAAAAAAADwPwAAAAAAAABA\""), ("POINT(1, 2)", "\"AAAAAAEBAAAAAAAAAAAA8D8AAAAAAAAAQA==\""), ("GROUP_CONCAT(1, 2 SEPARATOR ';')", "\"12\""), ("@@session.time_zone", "\"+00:00\""),
    ];
}
