using System.Text.Json;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using MySqlConnector;

namespace DataSync.IntegrationTests.Extract.Incremental;

public sealed class MySqlIncrementalTests : IncrementalContract, IAsyncLifetime
{
    private MySqlSource _source = null!;
    private string _writer = "";
    private MySqlConnection _writing = null!;

    internal override IConnector Connector { get; } = MySqlSource.Connector();

    internal override SourceConnection Connection => _source.Connection;

    public async ValueTask InitializeAsync()
    {
        _source = await MySqlSource.CreateAsync(Ct);
        _writer = $"writer_{Guid.CreateVersion7():n}";
        await _source.MakeLoginAsync(_writer, "ALL", Ct);
        _writing = await ConnectAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _writing.DisposeAsync();
        await _source.ExecuteAsync($"DROP USER {_writer}", CancellationToken.None);
        await _source.DisposeAsync();
    }

    protected override Task MakeTableAsync() => ExecuteAsync("CREATE OR REPLACE TABLE changes (id bigint PRIMARY KEY, version bigint, name text, INDEX (version))");

    protected override Task ExecuteAsync(string sql) => ExecuteAsync(_writing, sql);

    /// <summary>Of a value with more digits than a number here holds, the server is asked for that value and not for one that is near it.</summary>
    [Fact]
    public async Task Incremental_by_a_decimal_of_thirty_digits_loses_nothing_and_repeats_nothing()
    {
        await ExecuteAsync("CREATE OR REPLACE TABLE changes (id bigint PRIMARY KEY, version decimal(65,30), name text)");
        foreach (var what in (string[])["\"table\":\"changes\"", "\"query\":\"SELECT * FROM changes\""])
        {
            await ExecuteAsync("DELETE FROM changes");
            var source = new IncrementalSource(Connector, Connection, $$"""{{{what}},"change_tracking":"none","cursor_field":"version"}""");
            for (var id = 1; id < 5; id++)
            {
                await ExecuteAsync($"INSERT INTO changes VALUES ({id}, 1234567890.99999999999999999999999999999{id + 4}, 'x')");
                Assert.Equal([id], (await source.SyncAsync(Ct)).Select(Id));
            }

            Assert.Empty(await source.SyncAsync(Ct));
        }
    }

    [Fact]
    public async Task Incremental_a_row_whose_transaction_leaves_its_session_while_it_is_waited_for_is_not_missed()
    {
        await _source.ExecuteAsync($"GRANT PROCESS ON *.* TO {_source.Login}", Ct);
        await MakeTableAsync();
        var name = $"two phases {Guid.CreateVersion7():n}";
        var late = await ConnectAsync();
        await ExecuteAsync(late, $"XA START '{name}'; INSERT INTO changes VALUES (1, 10, 'late')");
        await ExecuteAsync("INSERT INTO changes VALUES (2, 20, 'early')");
        var source = new IncrementalSource(Connector, Connection, """{"table":"changes","change_tracking":"none","cursor_field":"version"}""");
        var sync = source.SyncAsync(Ct);
        await Task.Delay(700, Ct);
        await ExecuteAsync(late, $"XA END '{name}'; XA PREPARE '{name}'");
        await late.DisposeAsync();
        var first = await sync;
        await CommitAsync();
        var second = await source.SyncAsync(Ct);
        Assert.Equal([1, 2], first.Concat(second).Select(Id).Order());

        // the server lets go of a session some time after its end
        async Task CommitAsync()
        {
            for (var tries = 0; ; tries++)
            {
                try
                {
                    await ExecuteAsync($"XA COMMIT '{name}'");
                    return;
                }
                catch (MySqlException) when (tries < 100)
                {
                    await Task.Delay(100, Ct);
                }
            }
        }
    }

    [Theory]
    [InlineData("datetime(6)", "")]
    [InlineData("timestamp(6)", "Z")]
    public async Task Incremental_times_are_compared_as_times_to_the_microsecond(string type, string zone)
    {
        // in a zone of the server's own, whose text would be before or behind what a record shows
        await ExecuteAsync($"SET time_zone = '+00:00'; CREATE OR REPLACE TABLE changes (id bigint PRIMARY KEY, version {type} NULL, name text, INDEX (version))");
        await ExecuteAsync("INSERT INTO changes VALUES (1, '2024-01-02 03:04:05.123456', 'a'), (2, '2024-01-02 03:04:05.123457', 'b'), (3, '2024-01-02 03:04:05', 'c'), (4, NULL, 'd')");
        foreach (var what in (string[])["\"table\":\"changes\"", "\"query\":\"SELECT * FROM changes\""])
        {
            await ExecuteAsync("DELETE FROM changes WHERE id > 4");
            var source = new IncrementalSource(Connector, Connection, $$"""{{{what}},"change_tracking":"none","cursor_field":"version"}""");
            var first = await source.SyncAsync(Ct);
            Assert.Equal([4, 3, 1, 2], first.Select(Id));
            Assert.Equal($"2024-01-02T03:04:05.123457{zone}", JsonElement.Parse(first[3]).GetProperty("version").GetString());
            Assert.Equal($"2024-01-02T03:04:05.123457{zone}", source.State!.Data.GetProperty("cursor").GetString());
            Assert.Empty(await source.SyncAsync(Ct));
            await ExecuteAsync("INSERT INTO changes VALUES (5, '2024-01-02 03:04:05.123456', 'below'), (6, '2024-01-02 03:04:05.123457', 'at'), (7, '2024-01-02 03:04:05.123458', 'above')");
            Assert.Equal([6, 7], (await source.SyncAsync(Ct)).Select(Id));
            Assert.Empty(await source.SyncAsync(Ct));

            var range = $$$"""{{{{what}}},"change_tracking":"none","cursor_field":"version","backfill":{"from":"2024-01-02T03:04:05.123456{{{zone}}}","to":"2024-01-02T03:04:05.123458{{{zone}}}"}}""";
            Assert.Equal([1, 2, 5, 6], (await source.FullAsync(Ct, range)).Select(Id).Order());
            var elsewhere = $$$"""{{{{what}}},"change_tracking":"none","cursor_field":"version","backfill":{"from":"2024-01-02T05:04:05.123457+02:00"}}""";
            Assert.Equal([2, 6, 7], (await source.FullAsync(Ct, elsewhere)).Select(Id).Order());
            var lagging = new IncrementalSource(Connector, Connection, $$"""{{{what}},"change_tracking":"none","cursor_field":"version","lag":0.000002}""");
            Assert.Equal(7, (await lagging.SyncAsync(Ct)).Count);
            await ExecuteAsync("INSERT INTO changes VALUES (8, '2024-01-02 03:04:05.123455', 'too late'), (9, '2024-01-02 03:04:05.123456', 'late')");
            Assert.Equal([9], (await lagging.SyncAsync(Ct)).Select(Id));
        }
    }

    [Theory]
    [InlineData("float", "0.1", "0.7", "0.8")]
    [InlineData("double", "0.1", "0.7", "1e300")]
    [InlineData("decimal(20,4)", "-3.5", "9999999999999999.1234", "9999999999999999.1235")]
    [InlineData("bigint unsigned", "9223372036854775806", "18446744073709551614", "18446744073709551615")]
    [InlineData("date", "'2024-01-01'", "'2024-01-02'", "'2024-01-03'")]
    [InlineData("varchar(20) COLLATE utf8mb4_unicode_ci", "'a'", "'É'", "'f'")]
    [InlineData("varchar(20) CHARACTER SET latin1 COLLATE latin1_german1_ci", "'a'", "'É'", "'f'")]
    [InlineData("uuid", "'0190163d-8694-739b-aea5-966c26f8ad90'", "'0190163d-8694-739b-aea5-966c26f8ad91'", "'0190163d-8694-739b-aea5-966c26f8ad92'")]
    [InlineData("varbinary(8)", "x'00'", "x'7f'", "x'ff'")]
    [InlineData("bit(8)", "1", "127", "255")]
    public async Task Incremental_values_are_compared_as_the_columns_own(string type, string least, string last, string more)
    {
        foreach (var what in (string[])["\"table\":\"changes\"", "\"query\":\"SELECT id, version FROM changes\""])
        {
            await ExecuteAsync($"CREATE OR REPLACE TABLE changes (id bigint PRIMARY KEY, version {type}); INSERT INTO changes VALUES (1, {last}), (2, {least}), (3, NULL)");
            var source = new IncrementalSource(Connector, Connection, $$"""{{{what}},"change_tracking":"none","cursor_field":"version"}""");
            Assert.Equal([3, 2, 1], (await source.SyncAsync(Ct)).Select(Id));
            Assert.Empty(await source.SyncAsync(Ct));
            await ExecuteAsync($"INSERT INTO changes VALUES (4, {least}), (5, {last}), (6, {more})");
            Assert.Equal([5, 6], (await source.SyncAsync(Ct)).Select(Id));
            Assert.Empty(await source.SyncAsync(Ct));
        }
    }

    [Theory]
    [InlineData("""{"table":"changes","change_tracking":"none","cursor_field":"version"}""")]
    [InlineData("""{"query":"SELECT id, version, name FROM changes WHERE id > @least","parameters":{"least":0},"change_tracking":"none","cursor_field":"version"}""")]
    public async Task Incremental_a_row_committed_late_is_not_missed_where_the_login_sees_transactions(string parameters)
    {
        await _source.ExecuteAsync($"GRANT PROCESS ON *.* TO {_source.Login}", Ct);
        await MakeTableAsync();
        await using var late = await ConnectAsync();
        await ExecuteAsync(late, "START TRANSACTION; INSERT INTO changes VALUES (1, 10, 'late')");
        await ExecuteAsync("INSERT INTO changes VALUES (2, 20, 'early')");
        var source = new IncrementalSource(Connector, Connection, parameters);
        Assert.Equal([2], (await source.SyncAsync(Ct)).Select(Id));
        Assert.Empty(await source.SyncAsync(Ct));
        await ExecuteAsync(late, "COMMIT");
        await ExecuteAsync("INSERT INTO changes VALUES (3, 30, 'after')");
        Assert.Equal([1, 3], (await source.SyncAsync(Ct)).Select(Id));
        Assert.Empty(await source.SyncAsync(Ct));
        Assert.Equal(30, source.State!.Data.GetProperty("cursor").GetInt32());
    }

    [Fact]
    public async Task Incremental_beside_writers_that_commit_in_random_order_loses_nothing_and_repeats_nothing()
    {
        await _source.ExecuteAsync($"GRANT PROCESS ON *.* TO {_source.Login}", Ct);
        await ExecuteAsync("CREATE OR REPLACE TABLE changes (id bigint AUTO_INCREMENT PRIMARY KEY, version datetime(6) DEFAULT now(6), name text, INDEX (version))");
        var source = new IncrementalSource(Connector, Connection, """{"table":"changes","change_tracking":"none","cursor_field":"version"}""");
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var writers = Enumerable.Range(0, 4).Select(seed => Task.Run(() => WriteAsync(new Random(seed), enough.Token), Ct)).ToList();
        var records = new List<string>();
        for (var i = 0; i < 20; i++) records.AddRange(await source.SyncAsync(Ct));
        await enough.CancelAsync();
        await Task.WhenAll(writers);
        records.AddRange(await source.SyncAsync(Ct));
        await using var count = new MySqlCommand("SELECT count(*) FROM changes", _writing);
        var written = (long)(await count.ExecuteScalarAsync(Ct))!;
        Assert.True(written > 100, $"Only {written} rows were written.");
        Assert.Equal(written, records.Select(Id).Distinct().Count());
        Assert.Equal(written, records.Count);
    }

    [Theory]
    [InlineData("""{"table":"changes","change_tracking":"none","cursor_field":"nothing"}""", "errors.extraction.undefined_column")]
    [InlineData("""{"table":"changes","change_tracking":"none","cursor_field":"VERSION"}""", "errors.extraction.undefined_column")]
    [InlineData("""{"query":"SELECT * FROM changes","change_tracking":"none","cursor_field":"VERSION"}""", "errors.extraction.undefined_column")]
    [InlineData("""{"query":"SELECT 1 AS version) AS w WHERE 1 = 0 UNION SELECT * FROM (SELECT 2","change_tracking":"none","cursor_field":"version"}""", "errors.extraction.syntax")]
    [InlineData("""{"query":"SELECT id, version FROM changes INTO @x, @y","change_tracking":"none","cursor_field":"version"}""", "errors.extraction.syntax")]
    [InlineData("""{"query":"DELETE FROM changes RETURNING version","change_tracking":"none","cursor_field":"version"}""", "errors.extraction.syntax")]
    public async Task Incremental_what_is_no_query_with_such_a_column_is_refused(string parameters, string expected)
    {
        await MakeTableAsync();
        foreach (var mayLook in (bool[])[false, true])
        {
            if (mayLook) await _source.ExecuteAsync($"GRANT PROCESS ON *.* TO {_source.Login}", Ct);
            var refused = await Assert.ThrowsAsync<SyncFailureException>(() => new IncrementalSource(Connector, Connection, parameters).SyncAsync(Ct));
            Assert.Equal(expected, refused.Failure.MessageKey);
        }
    }

    [Theory]
    [InlineData("version bigint", "\"x\""), InlineData("version datetime", "\"yesterday\""), InlineData("version double", "\"1,5\"")]
    public async Task Backfill_from_what_is_no_value_of_the_column_is_refused(string column, string from)
    {
        await ExecuteAsync($"CREATE OR REPLACE TABLE changes (id bigint PRIMARY KEY, {column})");
        var source = new IncrementalSource(Connector, Connection, """{"table":"changes","change_tracking":"none","cursor_field":"version"}""");
        var refused = await Assert.ThrowsAsync<SyncFailureException>(() => source.FullAsync(Ct, $$$"""{"table":"changes","change_tracking":"none","cursor_field":"version","backfill":{"from":{{{from}}}}}"""));
        Assert.Equal("errors.extraction.data", refused.Failure.MessageKey);
    }

    private static long Id(string record) => JsonElement.Parse(record).GetProperty("id").GetInt64();

    private static async Task ExecuteAsync(MySqlConnection connection, string sql)
    {
        await using var command = new MySqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Ct);
    }

    /// <summary>Transactions of up to 300 ms that write at their beginning, middle and end, and sometimes roll back.</summary>
    private async Task WriteAsync(Random random, CancellationToken until)
    {
        await using var connection = await ConnectAsync();
        while (!until.IsCancellationRequested)
        {
            await ExecuteAsync(connection, "START TRANSACTION");
            for (var i = random.Next(1, 4); i > 0; i--)
            {
                await ExecuteAsync(connection, "INSERT INTO changes (name) VALUES ('x')");
                await Task.Delay(random.Next(0, 100), Ct);
            }

            await ExecuteAsync(connection, random.Next(5) > 0 ? "COMMIT" : "ROLLBACK");
        }
    }

    private async Task<MySqlConnection> ConnectAsync()
    {
        var settings = new MySqlConnectionStringBuilder { Server = "127.0.0.1", Port = (uint)_source.Port, Database = _source.Database, UserID = _writer, Password = _source.Password, Pooling = false };
        var connection = new MySqlConnection(settings.ConnectionString);
        await connection.OpenAsync(Ct);
        return connection;
    }
}
