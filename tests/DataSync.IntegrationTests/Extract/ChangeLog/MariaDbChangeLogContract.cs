using DataSync.IntegrationTests.Extract.Incremental;
using DataSync.IntegrationTests.Extract.Odbc;
using DataSync.IntegrationTests.MariaDb;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Incremental;
using MySqlConnector;

namespace DataSync.IntegrationTests.Extract.ChangeLog;

/// <summary>MariaDB, by either driver.</summary>
public abstract class MariaDbChangeLogContract : ChangeLogContract, IAsyncLifetime
{
    private MySqlConnection _writing = null!;
    private string _writer = "";

    internal MySqlSource Source { get; private set; } = null!;

    protected override IReadOnlyList<(string Type, IReadOnlyList<string> Values)> Columns { get; } =
    [
        ("int", ["1", "2", "3", "-4"]), ("varchar(40) COLLATE utf8mb4_general_ci", ["'a'", "'A'", "'漢😀'", "''", "NULL"]), ("varchar(9) CHARACTER SET latin1", ["'é'", "'\\\\\"'", "NULL"]),
        ("decimal(30,5)", ["1.50000", "-12345678901234567890.12345", "NULL"]), ("float", ["0.1", "1e30", "NULL"]), ("double", ["0.1", "1e300", "-0.0"]), ("bigint unsigned zerofill", ["18446744073709551615", "7"]),
        ("datetime(6)", ["'2024-02-29 01:02:03.000001'", "'0000-00-00'", "NULL"]), ("timestamp(3) NULL", ["'2024-10-27 00:30:00.123'", "'2024-10-27 01:30:00'", "NULL"]), ("date", ["'2024-02-31'", "'0000-00-00'"]), ("time(2)", ["'-100:00:00.25'", "'01:02:03'"]),
        ("json", ["'{\"b\": [1, 2.50], \"a\": \"é\"}'", "'[]'", "NULL"]), ("enum('x','ß','')", ["'ß'", "'x'", "'nichts davon'"]), ("set('p','q')", ["'q,p'", "''"]), ("bit(9)", ["b'100000001'", "NULL"]), ("varbinary(20)", ["x'00ff10'", "''"]),
        ("longtext", ["REPEAT('é', 30000)", "'kurz'", "NULL"]), ("uuid", ["'0190163d-8694-739b-aea5-966c26f8ad90'", "NULL"]), ("year", ["2024", "0"]), ("geometry", ["POINT(1, 2)", "NULL"]), ("int AS (7) VIRTUAL", ["DEFAULT"]), ("timestamp DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP", ["'2024-01-01'"]),
    ];

    protected override (string Before, string Behind) Upsert => (" /* */", " ON DUPLICATE KEY UPDATE {set}");

    public virtual async ValueTask InitializeAsync()
    {
        Source = await MySqlSource.CreateAsync(Ct);
        _writer = $"writer_{Guid.CreateVersion7():n}";
        await Source.MakeLoginAsync(_writer, "ALL", Ct);
        await Source.ExecuteAsync($"GRANT ALL ON {Source.Database}.* TO {_writer} WITH GRANT OPTION", Ct);
        _writing = await ConnectAsync();
        await ExecuteAsync("SET SESSION sql_mode = 'ALLOW_INVALID_DATES'");
    }

    public async ValueTask DisposeAsync()
    {
        await _writing.DisposeAsync();
        await Source.ExecuteAsync($"DROP USER {_writer}", CancellationToken.None);
        await Source.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected override string Quote(string name) => $"`{name.Replace("`", "``", StringComparison.Ordinal)}`";

    protected override Task ExecuteAsync(string sql) => ExecuteAsync(_writing, sql);

    protected override async Task<Func<string, Task>> BeginAsync()
    {
        var connection = await ConnectAsync();
        await ExecuteAsync(connection, "SET SESSION sql_mode = 'ALLOW_INVALID_DATES'; START TRANSACTION");
        return async sql =>
        {
            await ExecuteAsync(connection, sql);
            if (sql is "COMMIT" or "ROLLBACK") await connection.DisposeAsync();
        };
    }

    /// <summary>What a removal by age passes over would appear behind rows that came after it and are gone.</summary>
    [Theory, InlineData("REPEATABLE READ"), InlineData("READ COMMITTED")]
    public async Task Removal_from_a_change_log_waits_for_who_has_not_committed(string isolation)
    {
        var follower = await FollowAsync(rows: 1);
        var log = (await follower.SetupAsync(Ct)).Undo[^1].Replace("DROP TABLE IF EXISTS ", "", StringComparison.Ordinal);
        var late = await BeginAsync();
        await late(Insert(2, 1));
        await InsertAsync(3, 1);
        await ExecuteAsync($"SET SESSION TRANSACTION ISOLATION LEVEL {isolation}; SET SESSION innodb_lock_wait_timeout = 1");
        var refused = await Assert.ThrowsAsync<MySqlException>(() => ExecuteAsync($"DELETE FROM {log} WHERE datasync_operation <> 'S' AND datasync_at < NOW(6) + INTERVAL 1 DAY"));
        Assert.Equal(MySqlErrorCode.LockWaitTimeout, refused.ErrorCode);
        await late("ROLLBACK");
    }

    [Fact]
    public async Task Replace_is_a_delete_and_an_insert()
    {
        var follower = await FollowAsync(rows: 2);
        await follower.SyncAsync(Ct);
        await ExecuteAsync(Insert(2, 5).Replace("INSERT", "REPLACE", StringComparison.Ordinal));
        Assert.Equal(["delete 2", "insert 2"], await follower.SyncAsync(Ct));
        await follower.AssertSameAsync(Ct);
    }

    [Fact]
    public async Task Truncate_is_answered_by_everything_even_when_rows_came_after_it()
    {
        var follower = await FollowAsync(rows: 3);
        await follower.SyncAsync(Ct);
        await InsertAsync(4, 1);
        await follower.SyncAsync(Ct, breakingOffAfter: 1);
        await ExecuteAsync($"TRUNCATE {TableName}");
        await InsertAsync(9, 1);
        Assert.Equal(["read 9"], await follower.SyncAsync(Ct));
        Assert.Equal("tracking.change_log.bypassed", follower.Plan.Reason?.Key);
        Assert.Equal(5L, follower.Plan.Reason?.Params["expected"]);
        Assert.Empty(await follower.SyncAsync(Ct));
        Assert.False(follower.Plan.Everything);
    }

    [Theory]
    [InlineData("CREATE TABLE child (id int PRIMARY KEY, of int, FOREIGN KEY (of) REFERENCES parent (id) ON DELETE CASCADE)", "tracking.change_log.cascade")]
    [InlineData("CREATE TABLE child (id int PRIMARY KEY, of int, CONSTRAINT `ON DELETE CASCADE` FOREIGN KEY (of) REFERENCES parent (id) ON UPDATE SET NULL)", "tracking.change_log.cascade")]
    [InlineData("CREATE TABLE child (id int PRIMARY KEY, of int COMMENT 'ON DELETE CASCADE', CONSTRAINT `ON DELETE CASCADE` FOREIGN KEY (of) REFERENCES parent (id))", "tracking.change_log.absent")]
    [InlineData("CREATE TABLE child (id int PRIMARY KEY) ENGINE = MyISAM", "tracking.change_log.engine")]
    [InlineData("CREATE TABLE child (id int PRIMARY KEY, datasync_at int)", "tracking.change_log.name")]
    [InlineData("CREATE VIEW child AS SELECT * FROM parent", "tracking.change_log.kind")]
    public async Task Offer_of_a_table_whose_changes_triggers_do_not_all_see_is_none(string sql, string expected)
    {
        await ExecuteAsync("DROP TABLE IF EXISTS child; DROP VIEW IF EXISTS child; DROP TABLE IF EXISTS parent; CREATE TABLE parent (id int PRIMARY KEY)");
        await ExecuteAsync(sql);
        Assert.Equal(expected, (await new Follower(Connector, Connection, "child").OfferAsync(Ct)).Reason?.Key);
    }

    [Fact]
    public async Task Changes_beside_writers_that_commit_in_random_order_are_all_told_once()
    {
        await ExecuteAsync("DROP TABLE IF EXISTS flood; CREATE TABLE flood (id bigint AUTO_INCREMENT PRIMARY KEY, v int)");
        var follower = new Follower(Connector, Connection, "flood");
        await SetUpAsync(follower);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var writers = Enumerable.Range(0, 4).Select(seed => Task.Run(() => WriteAsync(new Random(seed), enough.Token), Ct)).ToList();
        for (var i = 0; i < 8; i++) await follower.SyncAsync(Ct);
        await enough.CancelAsync();
        await Task.WhenAll(writers);
        await follower.SyncAsync(Ct);
        Assert.False(follower.Plan.Everything);
        Assert.True(follower.Rows.Count > 50, $"Only {follower.Rows.Count} rows were written.");
        await follower.AssertSameAsync(Ct);
    }

    /// <summary>Transactions of up to 150 ms that insert, update and delete, and sometimes roll back.</summary>
    private async Task WriteAsync(Random random, CancellationToken until)
    {
        var own = new List<long>();
        while (!until.IsCancellationRequested)
        {
            await using var connection = await ConnectAsync();
            await ExecuteAsync(connection, "START TRANSACTION");
            for (var i = random.Next(1, 4); i > 0; i--)
            {
                await using var command = new MySqlCommand("INSERT INTO flood (v) VALUES (1)", connection);
                await command.ExecuteNonQueryAsync(Ct);
                own.Add(command.LastInsertedId);
                if (random.Next(3) == 0) await ExecuteAsync(connection, $"UPDATE flood SET v = v + 1 WHERE id = {own[random.Next(own.Count)]}");
                if (random.Next(4) == 0) await ExecuteAsync(connection, $"DELETE FROM flood WHERE id = {own[random.Next(own.Count)]}");
                await Task.Delay(random.Next(0, 50), Ct);
            }

            await ExecuteAsync(connection, random.Next(5) > 0 ? "COMMIT" : "ROLLBACK");
        }
    }

    private static async Task ExecuteAsync(MySqlConnection connection, string sql)
    {
        await using var command = new MySqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Ct);
    }

    private async Task<MySqlConnection> ConnectAsync()
    {
        var settings = new MySqlConnectionStringBuilder { Server = "127.0.0.1", Port = (uint)Source.Port, Database = Source.Database, UserID = _writer, Password = Source.Password, Pooling = false, AllowUserVariables = true };
        var connection = new MySqlConnection(settings.ConnectionString);
        await connection.OpenAsync(Ct);
        return connection;
    }
}

public sealed class MySqlChangeLogTests : MariaDbChangeLogContract
{
    internal override ITracksChanges Connector { get; } = MySqlSource.Connector();

    internal override SourceConnection Connection => Source.Connection;

    /// <summary>It takes writes as well, so nothing but its applying another server's log tells it apart. By a cursor it is read only with a lag.</summary>
    [Fact]
    public async Task Offer_at_a_replica_is_none_and_a_cursor_needs_a_lag()
    {
        await using var server = await MariaDbServer.StartAsync(["--server-id=2"], Ct);
        await using var replica = await MySqlSource.CreateAsync(server, Ct);
        await replica.ExecuteAsync("CREATE TABLE t (id int PRIMARY KEY)", Ct);
        var follower = new Follower(Connector, replica.Connection, "t");
        Assert.Equal("tracking.change_log.absent", (await follower.OfferAsync(Ct)).Reason?.Key);
        await replica.ExecuteAsync("CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = 1, MASTER_USER = 'nobody'; START SLAVE SQL_THREAD", Ct);
        Assert.Equal("tracking.change_log.replica", (await follower.OfferAsync(Ct)).Reason?.Key);
        Assert.Empty((await follower.SetupAsync(Ct)).Setup);
        await replica.ExecuteAsync("INSERT INTO t VALUES (10)", Ct);
        var byCursor = new IncrementalSource(MySqlSource.Connector(), replica.Connection, """{"table":"t","change_tracking":"none","cursor_field":"id"}""");
        Assert.Equal("errors.extraction.replica", (await Assert.ThrowsAsync<SyncFailureException>(() => byCursor.SyncAsync(Ct))).Failure.MessageKey);
        Assert.Single(await new IncrementalSource(MySqlSource.Connector(), replica.Connection, """{"table":"t","change_tracking":"none","cursor_field":"id","lag":5}""").SyncAsync(Ct));
        await replica.ExecuteAsync("STOP SLAVE", Ct);
        Assert.Single(await byCursor.SyncAsync(Ct));
        Assert.Equal("tracking.change_log.absent", (await follower.OfferAsync(Ct)).Reason?.Key);
    }
}

public sealed class OdbcMariaDbChangeLogTests : MariaDbChangeLogContract
{
    private SourceConnection? _connection;

    internal override ITracksChanges Connector { get; } = OdbcSource.Connector();

    internal override SourceConnection Connection => _connection!;

    protected override int Cases => 24;

    protected override string Requested(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _connection = OdbcSource.Of(await MariaDbServer.GetAsync(Ct), Source.Database, Source.Login, Source.Password);
    }
}
