using DataSync.Pipeline.Connectors;

namespace DataSync.IntegrationTests.Extract.SqlServer;

/// <summary>The contract's tables, made once: nothing the contract does changes them.</summary>
public sealed class SqlServerContractDatabase : IAsyncLifetime
{
    internal SqlServerSource Source { get; } = new();

    public async ValueTask InitializeAsync()
    {
        await Source.InitializeAsync();
        if (!Source.IsHere) return;
        await Source.ExecuteAsync(
            $"""
            CREATE TABLE numbers (id bigint PRIMARY KEY, name nvarchar(100) NOT NULL);
            INSERT INTO numbers SELECT value, CONCAT('name ', value) FROM GENERATE_SERIES(1, {ConnectorContract.ContractRows});
            SELECT * INTO keyless FROM numbers ORDER BY id;
            CREATE TABLE pairs (b varchar(40) COLLATE Polish_CI_AS NOT NULL, a nvarchar(20) COLLATE Latin1_General_CI_AS NOT NULL, PRIMARY KEY (a, b));
            INSERT INTO pairs SELECT CONCAT('b''"\', value), CONCAT(N'ä', value % 7) FROM GENERATE_SERIES(1, {ConnectorContract.ContractRows});
            """);
    }

    public ValueTask DisposeAsync() => Source.DisposeAsync();
}

/// <summary>Against a real SQL Server, where a container engine runs.</summary>
public sealed class SqlServerConnectorContractTests(SqlServerContractDatabase database) : ConnectorContract, IClassFixture<SqlServerContractDatabase>, IAsyncLifetime
{
    public ValueTask InitializeAsync()
    {
        database.Source.SkipWithoutIt();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    internal override IConnector Connector { get; } = TdsServer.Connector(tlsExceptions: "0.0.0.0/0,::/0,localhost");

    internal override SourceConnection Connection => database.Source.Connection;

    protected override string SlowQuery
        => "SELECT REPLICATE(CAST('x' AS varchar(max)), 40000) AS f UNION ALL SELECT CAST(SUM(CAST(a.value AS bigint) * b.value % 7) AS varchar(max)) FROM GENERATE_SERIES(1, 300000) a CROSS JOIN GENERATE_SERIES(1, 300000) b OPTION (MAXDOP 1)";

    protected override string HugeQuery => "SELECT value AS seq, REPLICATE('x', 100) AS filler FROM GENERATE_SERIES(1, 2000000)";

    protected override string LargeQuery => "SELECT value AS i, CASE WHEN value = 2 THEN REPLICATE(CAST('y' AS varchar(max)), 70000000) ELSE 'small' END AS v, 'end' AS w FROM GENERATE_SERIES(1, 3)";

    protected override string EscapedQuery => "SELECT value AS i, CASE WHEN value = 2 THEN REPLICATE(CAST(CHAR(1) AS varchar(max)), 20000000) ELSE 'small' END AS v, 'end' AS w FROM GENERATE_SERIES(1, 3)";

    protected override string WriteStatement => "INSERT INTO numbers OUTPUT inserted.id VALUES (0, 'x')";

    protected override Task EndSessionsAsync() => database.Source.ExecuteAsync(
        $"DECLARE @all nvarchar(max) = N''; SELECT @all += CONCAT(N'KILL ', session_id, N';') FROM sys.dm_exec_sessions WHERE login_name = N'{database.Source.Login}'; EXEC (@all)");

    protected override IEnumerable<(string Expression, string Json)> Types =>
    [
        ("CAST(1 AS bit)", "true"), ("CAST(255 AS tinyint)", "255"), ("CAST(-32768 AS smallint)", "-32768"), ("2147483647", "2147483647"), ("CAST(-9223372036854775808 AS bigint)", "-9223372036854775808"),
        ("CAST('99999999999999999999999999999999999999' AS decimal(38))", "99999999999999999999999999999999999999"), ("CAST(0.1 AS decimal(10,3))", "0.100"), ("CAST(-922337203685477.5808 AS money)", "-922337203685477.5808"),
        ("CAST(0.1 AS real)", "0.1"), ("CAST(0.1 AS float) + 0.2e0", "0.30000000000000004"), ("1e300", "1E+300"), ("NULL", "null"), ("N'é 漢 😀'", "\"é 漢 😀\""), ("'it''s'", "\"it's\""), ("';'", "\";\""), ("'@x ? -- /*'", "\"@x ? -- /*\""),
        ("CAST('2024-02-29' AS date)", "\"2024-02-29\""), ("CAST('23:59:59.9999999' AS time)", "\"23:59:59.9999999\""), ("CAST('2024-02-29T01:02:03.0000001' AS datetime2)", "\"2024-02-29T01:02:03.0000001\""),
        ("CAST('2024-02-29T01:02:03.003' AS datetime)", "\"2024-02-29T01:02:03.003\""), ("CAST('2024-02-29T01:02:03.5+05:30' AS datetimeoffset)", "\"2024-02-29T01:02:03.5+05:30\""),
        ("CAST('A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11' AS uniqueidentifier)", "\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\""), ("0x00FF10", "\"AP8Q\""), ("CAST('<a>é</a>' AS xml)", "\"<a>é</a>\""), ("CAST('/1/' AS hierarchyid)", "\"WA==\""),
        ("CAST(7 AS sql_variant)", "7"),
    ];
}
