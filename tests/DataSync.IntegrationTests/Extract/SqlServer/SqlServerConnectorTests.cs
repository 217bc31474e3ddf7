using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Incremental;

namespace DataSync.IntegrationTests.Extract.SqlServer;

/// <summary>What the connector asks of a server, and what it makes of the answers.</summary>
public sealed class SqlServerConnectorTests
{
    private static readonly ReadRequest One = new() { Query = "SELECT 1 AS a" };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true, "SNAPSHOT"), InlineData(false, "READ COMMITTED")]
    public async Task Read_is_one_transaction_that_nothing_commits(bool snapshots, string level)
    {
        await using var server = new TdsServer { HasSnapshots = snapshots };
        await ReadOutcome.OfAsync(TdsServer.Connector(), server.Connection(), One, Ct);
        Assert.Contains(server.Asked, a => a == $"SET TRANSACTION ISOLATION LEVEL {level}; BEGIN TRANSACTION;");
        Assert.DoesNotContain(server.Asked, a => a.Contains("COMMIT", StringComparison.OrdinalIgnoreCase) && !a.Contains("READ COMMITTED", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Read_with_a_login_that_could_write_is_refused_unless_the_operator_allows_it()
    {
        await using var server = new TdsServer { Findings = ["INSERT on dbo.items", "member of db_owner"] };
        var failure = await ReadOutcome.FailureAsync(TdsServer.Connector(), server.Connection(), One, Ct);
        Assert.Equal(("errors.source.writable", FailureKind.Permanent), (failure.MessageKey, failure.Kind));
        Assert.Equal("INSERT on dbo.items, member of db_owner", failure.Params!["findings"]);
        Assert.DoesNotContain(server.Asked, a => a.Contains("SELECT 1 AS a", StringComparison.Ordinal));
        Assert.Single((await ReadOutcome.OfAsync(TdsServer.Connector(allowWritable: true), server.Connection(), One, Ct)).Documents);
        var check = (await TdsServer.Connector().TestAsync(server.Connection(), Ct)).Single(c => c.Name == "read_only");
        Assert.Equal((false, "errors.source.writable"), (check.Passed, check.MessageKey));
    }

    [Theory]
    [InlineData(18456, 14, "errors.connection.authentication", false), InlineData(18488, 14, "errors.connection.authentication", false), InlineData(4060, 11, "errors.connection.database", false)]
    [InlineData(40613, 17, "errors.connection.unavailable", true), InlineData(18461, 14, "errors.connection.unavailable", true)]
    public async Task Read_a_login_that_is_refused_has_its_key(int number, byte severity, string key, bool transient)
    {
        await using var server = new TdsServer { OnLogin = () => new TdsAnswer().Error(number, severity) };
        var failure = await ReadOutcome.FailureAsync(TdsServer.Connector(), server.Connection(), One, Ct);
        Assert.Equal((key, transient), (failure.MessageKey, failure.Kind == FailureKind.Transient));
        Assert.DoesNotContain("secret words", failure.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(208, "undefined_table", false), InlineData(207, "undefined_column", false), InlineData(229, "permission", false), InlineData(102, "syntax", false), InlineData(8134, "data", false)]
    [InlineData(1205, "conflict", true), InlineData(3960, "conflict", true), InlineData(1222, "lock_timeout", true), InlineData(701, "resources", true), InlineData(206, "types", false), InlineData(50000, "failed", false)]
    public async Task Read_a_statement_that_fails_has_its_key(int number, string key, bool transient)
    {
        await using var server = new TdsServer { OnStatement = _ => new TdsAnswer().Error(number) };
        var failure = await ReadOutcome.FailureAsync(TdsServer.Connector(), server.Connection(), One, Ct);
        Assert.Equal(($"errors.extraction.{key}", transient, $"{number}"), (failure.MessageKey, failure.Kind == FailureKind.Transient, failure.Params!["sqlstate"]));
        Assert.DoesNotContain("secret words", failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_a_failure_after_rows_is_not_taken_for_the_end()
    {
        await using var server = new TdsServer { OnStatement = static _ => new TdsAnswer().Columns(TdsColumn.Int("a")).Row(TdsValue.Int(1)).Error(8134) };
        Assert.Equal("errors.extraction.data", (await ReadOutcome.FailureAsync(TdsServer.Connector(), server.Connection(), One, Ct)).MessageKey);
    }

    [Fact]
    public async Task Read_a_table_goes_along_its_key_and_on_behind_the_last_record()
    {
        await using var server = new TdsServer { OnStatement = Shop };
        var first = await ReadOutcome.OfAsync(TdsServer.Connector(), server.Connection(), new ReadRequest { Table = "shop.items", RowLimit = 2 }, Ct);
        Assert.Equal(["{\"id\":1,\"name\":\"one\"}", "{\"id\":2,\"name\":\"two\"}"], first.Documents);
        Assert.Contains(server.Asked, a => a == "SELECT TOP (2) w.[id], CAST(w.[name] AS varbinary(8000)) FROM [shop].[items] AS w ORDER BY [id], [name]");
        await ReadOutcome.OfAsync(TdsServer.Connector(), server.Connection(), new ReadRequest { Table = "[shop].[items]", ResumeToken = first.Token }, Ct);
        Assert.Contains(server.Asked, a => a.Contains(
            "SELECT w.[id], CAST(w.[name] AS varbinary(8000)) FROM [shop].[items] AS w WHERE [id] >= CAST(@k0 AS int) AND ([id] > CAST(@k0 AS int) OR ([id] = CAST(@k0 AS int) AND ([name] > @k1))) ORDER BY [id], [name]", StringComparison.Ordinal)
            && a.Contains("two", StringComparison.Ordinal));
        Assert.Equal("errors.extraction.undefined_table", (await ReadOutcome.FailureAsync(TdsServer.Connector(), server.Connection(), new ReadRequest { Table = "nowhere" }, Ct)).MessageKey);
        Assert.Equal("errors.extraction.resume_lost", (await ReadOutcome.FailureAsync(TdsServer.Connector(), server.Connection(), new ReadRequest { Query = "SELECT 1 AS a", ResumeToken = first.Token }, Ct)).MessageKey);
    }

    [Fact]
    public async Task Read_a_window_compares_with_values_of_the_columns_type()
    {
        await using var server = new TdsServer { OnStatement = Shop };
        var window = new CursorWindow { Field = "id", From = System.Text.Json.JsonElement.Parse("1.5"), To = System.Text.Json.JsonElement.Parse("7"), Nulls = true };
        await ReadOutcome.OfAsync(TdsServer.Connector(), server.Connection(), new ReadRequest { Table = "shop.items", Window = window }, Ct);
        Assert.Contains(server.Asked, a => a.Contains(
            "SELECT w.[id], CAST(w.[name] AS varbinary(8000)) FROM [shop].[items] AS w WHERE (w.[id] >= @datasync_from AND w.[id] < @datasync_to) OR w.[id] IS NULL ORDER BY w.[id]", StringComparison.Ordinal) && a.Contains("@datasync_from bigint", StringComparison.Ordinal));
        await ReadOutcome.OfAsync(TdsServer.Connector(), server.Connection(), new ReadRequest { Query = "WITH q AS (SELECT id, name FROM items) SELECT id, name FROM q ORDER BY name OPTION (MAXRECURSION 5)", Window = window with { Nulls = false, To = null } }, Ct);
        Assert.Contains(server.Asked, a => a.Contains(
            "WITH q AS (SELECT id, name FROM items)\nSELECT * FROM (\nSELECT id, name FROM q \n) AS w WHERE w.[id] >= @datasync_from ORDER BY w.[id]\nOPTION (MAXRECURSION 5)", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Plan_by_a_rowversion_takes_what_is_decided_and_next_time_what_comes_behind_it()
    {
        var least = new byte[] { 0, 0, 0, 0, 0, 0, 7, 0xD1 };
        await using var server = new TdsServer
        {
            OnStatement = sql => sql.Contains("MIN_ACTIVE_ROWVERSION", StringComparison.Ordinal) ? new TdsAnswer().Columns(new TdsColumn("v", [0xAD, 8, 0])).Row(TdsValue.Bytes(least)).Done(1) : Versioned(sql),
        };
        var request = new ReadRequest { Table = "shop.items", Window = new CursorWindow { Field = "version" } };
        var first = await TdsServer.Connector().PlanAsync(server.Connection(), request, null, 0, Ct);
        Assert.Equal("""{"field":"version","from":null,"to":2001}""", first!.Extent!.Value.GetRawText());
        least[7] = 0xDF;
        var second = await TdsServer.Connector().PlanAsync(server.Connection(), request, first.Next, 0, Ct);
        Assert.Equal("""{"field":"version","from":2001,"to":2015}""", second!.Extent!.Value.GetRawText());
        await ReadOutcome.OfAsync(TdsServer.Connector(), server.Connection(), request with { Window = request.Window with { Extent = second.Extent } }, Ct);
        Assert.Contains(server.Asked, a => a.Contains(" AS w WHERE w.[version] >= @datasync_from AND w.[version] < @datasync_to ORDER BY w.[version]", StringComparison.Ordinal));
        least[6] = 0;
        var failure = (await Assert.ThrowsAsync<SyncFailureException>(() => TdsServer.Connector().PlanAsync(server.Connection(), request, second.Next, 0, Ct))).Failure;
        Assert.Equal("errors.extraction.state_foreign", failure.MessageKey);
        Assert.Equal("""{"field":"version","from":1991,"to":2015}""", TdsServer.Connector().Widen(second.Extent!.Value, 10).GetRawText());
        Assert.Equal("""{"field":"version","from":null,"to":2015}""", TdsServer.Connector().Widen(second.Extent!.Value, null).GetRawText());
    }

    [Fact]
    public async Task Plan_of_another_column_waits_for_transactions_where_the_login_may_see_them()
    {
        var looks = 0;
        await using var server = new TdsServer
        {
            OnStatement = sql => sql.Contains("dm_tran_active_transactions", StringComparison.Ordinal)
                ? looks++ < 4 ? new TdsAnswer().Columns(TdsColumn.BigInt("t")).Row(TdsValue.Long(5)).Done(1) : new TdsAnswer().Columns(TdsColumn.BigInt("t")).Row(TdsValue.Long(6)).Done(1)
                : sql.Contains("MAX(w.[id])", StringComparison.Ordinal) ? new TdsAnswer().Columns(TdsColumn.Int("v")).Row(TdsValue.Int(41)).Done(1) : Shop(sql),
        };
        var request = new ReadRequest { Table = "shop.items", Window = new CursorWindow { Field = "id" } };
        var plan = await TdsServer.Connector().PlanAsync(server.Connection(), request, null, 0, Ct);
        Assert.Equal((41, false), (plan!.Floor!.Value.GetInt32(), plan.IsUndecided));
        Assert.True(looks >= 5);

        await using var silent = new TdsServer { OnStatement = static sql => sql.Contains("dm_tran_active_transactions", StringComparison.Ordinal) ? new TdsAnswer().Error(300, 14) : Shop(sql) };
        Assert.Null(await TdsServer.Connector().PlanAsync(silent.Connection(), request, null, 0, Ct));
    }

    [Fact]
    public async Task Read_parameters_travel_beside_the_text()
    {
        await using var server = new TdsServer();
        var request = ConnectorContract.Request("SELECT @text AS t, @n AS n FROM t WHERE id = @id -- @id", """{"id":42,"text":"'; DROP TABLE t; --","n":12345678901234567890.12}""");
        await ReadOutcome.OfAsync(TdsServer.Connector(), server.Connection(), request, Ct);
        Assert.Contains(server.Asked, a => a.Contains("SELECT @text AS t, @n AS n FROM t WHERE id = @id", StringComparison.Ordinal) && a.Contains("@id int,@text nvarchar(max) ,@n decimal(22,2)", StringComparison.Ordinal));
        Assert.Equal("errors.extraction.parameter_unused", (await ReadOutcome.FailureAsync(TdsServer.Connector(), server.Connection(), ConnectorContract.Request("SELECT 1 AS a", "{\"x\":1}"), Ct)).MessageKey);
        Assert.Equal("errors.extraction.parameter_missing", (await ReadOutcome.FailureAsync(TdsServer.Connector(), server.Connection(), ConnectorContract.Request("SELECT @x AS a", "{}"), Ct)).MessageKey);
    }

    [Fact]
    public async Task Describe_shows_tables_columns_and_keys()
    {
        await using var server = new TdsServer { OnStatement = Shop };
        var table = Assert.Single(await TdsServer.Connector().DescribeAsync(server.Connection(), Ct));
        Assert.Equal(("shop", "items", "table"), (table.Schema, table.Name, table.Kind));
        Assert.Equal([new SourceColumn("id", "int", "integer", false), new SourceColumn("name", "nvarchar(20)", "string", false)], table.Columns);
        Assert.Equal(["id", "name"], table.PrimaryKey);
    }

    /// <summary>A catalog with one table <c>shop.items</c> (id, name), both of them its key, and two rows.</summary>
    private static TdsAnswer Shop(string sql) => Shop(sql, new TdsAnswer().Columns(TdsColumn.Int("id"), new TdsColumn("", [0xA5, 0x40, 0x1F])).Row(TdsValue.Int(1), TdsValue.Text("one")).Row(TdsValue.Int(2), TdsValue.Text("two")).Done(2), null);

    private static TdsAnswer Versioned(string sql)
        => Shop(sql, new TdsAnswer().Columns(TdsColumn.Int("id"), new TdsColumn("", [0xA5, 0x40, 0x1F]), new TdsColumn("version", [0xAD, 8, 0], 80)).Row(TdsValue.Int(1), TdsValue.Text("one"), TdsValue.Bytes(0, 0, 0, 0, 0, 0, 7, 0xD2)).Done(1), "version");

    private static TdsAnswer Shop(string sql, TdsAnswer rows, string? version)
    {
        TdsColumn[] columns = [TdsColumn.Int("object_id"), TdsColumn.NVarChar("name"), TdsColumn.NVarChar("type"), TdsColumn.SmallInt("length"), TdsColumn.TinyInt("precision"), TdsColumn.TinyInt("scale"), TdsColumn.NVarChar("collation"), TdsColumn.Bit("nullable")];
        if (sql.Contains("OBJECT_ID(@name)", StringComparison.Ordinal))
        {
            var found = new TdsAnswer().Columns(TdsColumn.Int("id"), TdsColumn.NVarChar("s"), TdsColumn.NVarChar("n"));
            return sql.Contains("[shop].[items]", StringComparison.Ordinal) ? found.Row(TdsValue.Int(7), TdsValue.Text("shop"), TdsValue.Text("items")).Done(1) : found.Done();
        }

        if (sql.Contains("FROM sys.columns", StringComparison.Ordinal))
        {
            var all = new TdsAnswer().Columns(columns)
                .Row(TdsValue.Int(7), TdsValue.Text("id"), TdsValue.Text("int"), TdsValue.Short(4), TdsValue.Byte(10), TdsValue.Byte(0), [0xFF, 0xFF], [1, 0])
                .Row(TdsValue.Int(7), TdsValue.Text("name"), TdsValue.Text("nvarchar"), TdsValue.Short(40), TdsValue.Byte(0), TdsValue.Byte(0), TdsValue.Text("Latin1_General_CI_AS"), [1, 0]);
            if (version is not null) all.Row(TdsValue.Int(7), TdsValue.Text(version), TdsValue.Text("timestamp"), TdsValue.Short(8), TdsValue.Byte(0), TdsValue.Byte(0), [0xFF, 0xFF], [1, 0]);
            return all.Done(2);
        }

        if (sql.Contains("is_primary_key", StringComparison.Ordinal))
        {
            return sql.Contains("i.object_id, c.name", StringComparison.Ordinal)
                ? new TdsAnswer().Columns(TdsColumn.Int("t"), TdsColumn.NVarChar("c")).Row(TdsValue.Int(7), TdsValue.Text("id")).Row(TdsValue.Int(7), TdsValue.Text("name")).Done(2)
                : new TdsAnswer().Columns(TdsColumn.NVarChar("c")).Row(TdsValue.Text("id")).Row(TdsValue.Text("name")).Done(2);
        }

        if (sql.Contains("FROM sys.objects", StringComparison.Ordinal))
        {
            return new TdsAnswer().Columns(TdsColumn.Int("id"), TdsColumn.NVarChar("s"), TdsColumn.NVarChar("n"), new TdsColumn("type", TdsColumn.TextInfo(0xAF, 2)))
                .Row(TdsValue.Int(7), TdsValue.Text("shop"), TdsValue.Text("items"), TdsValue.Bytes((byte)'U', (byte)' ')).Done(1);
        }

        return rows;
    }
}
