using System.Text.Json;
using DataSync.Extract.Connectors.Postgres;
using DataSync.Extract.Incremental.ChangeLog;
using DataSync.IntegrationTests.Extract.Odbc;
using DataSync.Pipeline;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Incremental;

namespace DataSync.IntegrationTests.Extract.ChangeLog;

/// <summary>PostgreSQL, by either driver.</summary>
public abstract class PostgresChangeLogContract : ChangeLogContract, IAsyncLifetime
{
    internal PostgresSource Source { get; private set; } = null!;

    protected override IReadOnlyList<(string Type, IReadOnlyList<string> Values)> Columns { get; } =
    [
        ("int", ["1", "2", "3", "-4"]), ("text COLLATE \"C\"", ["'a'", "'A'", "'漢😀'", "''", "NULL"]), ("numeric", ["1.50", "1.5", "-12345678901234567890.12345", "'NaN'"]), ("float8", ["0.1", "'Infinity'", "1e300"]), ("real", ["0.1", "NULL"]),
        ("timestamptz", ["'2024-10-27 00:30:00.000001Z'", "'infinity'", "NULL"]), ("timestamp(3)", ["'2024-02-29 01:02:03.5'", "'0044-03-15 BC'"]), ("date", ["'2024-02-29'", "NULL"]), ("interval", ["'1 mon 2 days'", "NULL"]), ("bool", ["true", "false"]),
        ("jsonb", ["'{\"b\": [1, 2.50]}'", "NULL"]), ("bytea", ["'\\x00ff10'", "''"]), ("uuid", ["'0190163d-8694-739b-aea5-966c26f8ad90'", "NULL"]), ("char(5)", ["'x'", "NULL"]), ("varchar(9)", ["'é'", "NULL"]), ("int GENERATED ALWAYS AS (7) STORED", ["DEFAULT"]),
    ];

    protected override bool RemovesPastOpen => true;

    protected override (string Before, string Behind) Upsert => ("", " ON CONFLICT ({key}) DO UPDATE SET {set}");

    public async ValueTask InitializeAsync() => Source = await PostgresSource.CreateAsync(Ct);

    public async ValueTask DisposeAsync()
    {
        await Source.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected override Task ExecuteAsync(string sql) => Source.ExecuteAsync(sql, Ct);

    protected override async Task<Func<string, Task>> BeginAsync()
    {
        var connection = await Source.Admin.OpenConnectionAsync(Ct);
        async Task Run(string sql)
        {
            await using var command = connection.CreateCommand();
            command.CommandText = sql;
            await command.ExecuteNonQueryAsync(Ct);
            if (sql is "COMMIT" or "ROLLBACK") await connection.DisposeAsync();
        }

        await Run("BEGIN");
        return Run;
    }

    [Fact]
    public async Task Truncate_is_answered_by_everything()
    {
        var follower = await FollowAsync(rows: 3);
        await follower.SyncAsync(Ct);
        await ExecuteAsync($"TRUNCATE {TableName}");
        await InsertAsync(9, 1);
        Assert.Equal(["read 9"], await follower.SyncAsync(Ct));
        Assert.Equal("tracking.change_log.truncated", follower.Plan.Reason?.Key);
        Assert.Empty(await follower.SyncAsync(Ct));
        Assert.False(follower.Plan.Everything);
    }

    /// <summary>A log that stands empty is known by how far its server is, which older setups let nobody ask.</summary>
    [Fact]
    public async Task Grant_that_an_older_setup_lacks_is_offered_and_said_where_it_costs_a_whole_reading()
    {
        var follower = await FollowAsync(rows: 2);
        await follower.SyncAsync(Ct);
        await InsertAsync(3, 1);
        await follower.SyncAsync(Ct);
        var log = (await follower.SetupAsync(Ct)).Undo[^1].Replace("DROP TABLE IF EXISTS ", "", StringComparison.Ordinal);
        var sequence = await Source.ScalarAsync<string>($"SELECT pg_get_serial_sequence('{log.Replace("'", "''", StringComparison.Ordinal)}', 'datasync_position')", Ct);
        await ExecuteAsync($"REVOKE SELECT ON SEQUENCE {sequence} FROM {Source.Login}; DELETE FROM {log} WHERE datasync_operation <> 'S'");
        Assert.Equal(3, (await follower.SyncAsync(Ct)).Count);
        Assert.Equal((true, "tracking.change_log.positions"), (follower.Plan.Everything, follower.Plan.Reason?.Key));

        var setup = await follower.SetupAsync(Ct);
        Assert.Equal((true, "tracking.change_log.positions"), (setup.IsAvailable, Assert.Single(setup.Checks, c => !c.Passed).Reason?.Key));
        await ExecuteAsync(Assert.Single(setup.Setup));
        Assert.Empty(await follower.SyncAsync(Ct));
        Assert.False(follower.Plan.Everything);
        setup = await follower.SetupAsync(Ct);
        Assert.Equal((0, true), (setup.Setup.Count, setup.Checks.All(c => c.Passed)));
    }

    [Fact]
    public async Task Changes_that_other_triggers_make_and_cascades_come_in_their_order()
    {
        await ExecuteAsync(
            """
            CREATE TABLE parent (id int PRIMARY KEY); CREATE TABLE child (id int PRIMARY KEY, of int REFERENCES parent ON DELETE CASCADE, v int);
            CREATE FUNCTION again() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN UPDATE child SET v = 99 WHERE id = NEW.id AND v <> 99; RETURN NULL; END';
            CREATE TRIGGER again AFTER INSERT OR UPDATE ON child FOR EACH ROW EXECUTE FUNCTION again();
            INSERT INTO parent VALUES (1)
            """);
        var follower = new Follower(Connector, Connection, "child");
        await SetUpAsync(follower);
        await follower.SyncAsync(Ct);
        await ExecuteAsync("SET session_replication_role = replica; INSERT INTO child VALUES (2, NULL, 7); RESET session_replication_role; INSERT INTO child VALUES (1, 1, 5)");
        Assert.Equal(["insert 2", "insert 1", "update 1"], await follower.SyncAsync(Ct));
        await follower.AssertSameAsync(Ct);
        await ExecuteAsync("DELETE FROM parent");
        Assert.Equal(["delete 1"], await follower.SyncAsync(Ct));
        await follower.AssertSameAsync(Ct);
        await ExecuteAsync("ALTER TABLE child DISABLE TRIGGER \"00_datasync_changes\"");
        Assert.Equal("tracking.change_log.triggers", (await follower.OfferAsync(Ct)).Reason?.Key);
    }
}

public sealed class OdbcPostgresChangeLogTests : PostgresChangeLogContract
{
    private SourceConnection? _connection;

    internal override ITracksChanges Connector { get; } = OdbcSource.Connector();

    internal override SourceConnection Connection => _connection ??= OdbcSource.Of(Source);

    protected override int Cases => 24;

    /// <summary>A part of it taken for the whole would make lost changes of the rest.</summary>
    [Fact]
    public async Task Answer_of_more_rows_than_are_held_is_an_error()
    {
        var failure = await Assert.ThrowsAsync<SyncFailureException>(() => ((IChangeLogSource)Connector).LookAsync(
            Connection, new ReadRequest { Table = "none" }, session => session.Ask("SELECT i FROM pg_catalog.generate_series(1, 1000001) i", [], Ct), Ct));
        Assert.Equal("errors.connection.protocol", failure.Failure.MessageKey);
    }
}

/// <summary>By the connector of PostgreSQL itself, whose change logs stand behind its log.</summary>
public sealed class PostgresChangeLogTests : PostgresChangeLogContract
{
    private readonly Behind _connector = new(PostgresSource.Connector());

    internal override ITracksChanges Connector => _connector;

    internal override SourceConnection Connection => Source.Connection;

    [Fact]
    public async Task Change_log_is_taken_where_the_log_cannot_be_had_and_left_where_it_can()
    {
        var follower = await FollowAsync(rows: 2);
        var request = new ReadRequest { Table = TableName };
        await using var connector = PostgresSource.Connector();
        var offer = await connector.OfferAsync(Connection, request, Ct);
        Assert.Equal(new TrackingOffer(TrackingMethods.ChangeLog, IsAvailable: true), offer);
        Assert.Equal(TrackingMethods.ChangeLog, (await connector.SetupAsync(Connection, request, null, Ct)).Method);
        var whole = new Follower(connector, Connection, TableName);
        Assert.Equal(["read 1", "read 2"], await whole.SyncAsync(Ct));
        await InsertAsync(3, 1);
        Assert.Equal(["insert 3"], await whole.SyncAsync(Ct));

        foreach (var sql in (await follower.SetupAsync(Ct)).Undo) await ExecuteAsync(sql);
        Assert.Equal("tracking.log.replication", (await connector.OfferAsync(Connection, request, Ct)).Reason?.Key);
        Assert.Equal(TrackingMethods.Log, (await connector.SetupAsync(Connection, request, null, Ct)).Method);
    }

    /// <summary>The connector without its log.</summary>
    private sealed class Behind(PostgresConnector connector) : ITracksChanges
    {
        public string Driver => connector.Driver;

        public IReadOnlySet<string> SecretFields => connector.SecretFields;

        public IReadOnlySet<string> AddressFields => connector.AddressFields;

        public IReadOnlySet<string> ConnectionFields => connector.ConnectionFields;

        public IEnumerable<Fault> Validate(JsonElement connectionParams) => connector.Validate(connectionParams);

        public Task<IReadOnlyList<ConnectionCheck>> TestAsync(SourceConnection connection, CancellationToken ct) => connector.TestAsync(connection, ct);

        public Task<IReadOnlyList<SourceTable>> DescribeAsync(SourceConnection connection, CancellationToken ct) => connector.DescribeAsync(connection, ct);

        public IAsyncEnumerable<RecordBatch> ReadAsync(SourceConnection connection, ReadRequest request, CancellationToken ct) => connector.ReadAsync(connection, request, ct);

        public Task<TrackingOffer> OfferAsync(SourceConnection connection, ReadRequest request, CancellationToken ct) => connector.ChangeLog.OfferAsync(connection, request, ct);

        public Task<ChangePlan> PlanAsync(SourceConnection connection, ReadRequest request, TrackingOffer offer, JsonElement? last, CancellationToken ct)
            => connector.PlanAsync(connection, request, offer, last, ct);

        public IAsyncEnumerable<RecordBatch> ReadChangesAsync(SourceConnection connection, ReadRequest request, ChangePlan plan, CancellationToken ct)
            => connector.ReadChangesAsync(connection, request, plan, ct);

        public Task<TrackingSetup> SetupAsync(SourceConnection connection, ReadRequest request, JsonElement? last, CancellationToken ct) => connector.ChangeLog.SetupAsync(connection, request, last, ct);

        public Task ReleaseAsync(SourceConnection connection, JsonElement? last, CancellationToken ct, Func<CancellationToken, Task<bool>>? isUnused = null) => Task.CompletedTask;
    }
}
