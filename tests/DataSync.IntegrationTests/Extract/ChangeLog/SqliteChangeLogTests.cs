using DataSync.Extract.Incremental.ChangeLog;
using DataSync.IntegrationTests.Extract.Incremental;
using DataSync.IntegrationTests.Extract.Odbc;
using DataSync.Pipeline;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Incremental;

namespace DataSync.IntegrationTests.Extract.ChangeLog;

/// <summary>SQLite, by either driver.</summary>
public abstract class SqliteChangeLogContract : ChangeLogContract, IDisposable
{
    internal SqliteSource Source { get; } = new();

    protected override IReadOnlyList<(string Type, IReadOnlyList<string> Values)> Columns { get; } =
    [
        ("INTEGER", ["1", "2", "3", "9223372036854775807"]), ("TEXT COLLATE NOCASE", ["'a'", "'A'", "'漢😀'", "''", "NULL"]), ("REAL", ["1", "1.5", "1e300", "-0.0"]), ("BLOB", ["x'00ff'", "'text'", "7"]),
        ("", ["1.0", "'1.0'", "x''", "NULL", "'a' || char(0) || 'b'"]), ("NUMERIC", ["'12'", "12.5", "'zwölf'"]), ("ANY", ["1", "'1'"]), ("DATE", ["'2024-02-29'", "NULL"]),
    ];

    protected override (string Before, string Behind) Upsert => (" OR REPLACE", "");

    protected override bool ReplacesSilently => true;

    protected override bool HasManyWriters => false;

    protected override string KeyType => "INTEGER";

    protected override string Requested(string name) => name;

    protected override Task ExecuteAsync(string sql)
    {
        Source.Execute(sql);
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        Source.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>A range in which hundreds of thousands stand is not asked for position by position: drivers hold an answer, and what is beyond their bound would pass for missing.</summary>
    [Fact]
    public async Task Missing_positions_of_a_large_range_are_found_by_the_server()
    {
        await ExecuteAsync("CREATE TABLE big (id INTEGER PRIMARY KEY, v TEXT)");
        await SetUpAsync(new Follower(Connector, Connection, "big"));
        await ExecuteAsync(
            """
            INSERT INTO big_datasync_changes (datasync_position, datasync_operation, id)
            WITH RECURSIVE n(i) AS (SELECT 11 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT i, 'I', i FROM n WHERE i NOT BETWEEN 100 AND 109 AND i <> 250000
            """);
        var since = DateTimeOffset.UnixEpoch;
        var most = 0;
        var missing = await ((IChangeLogSource)Connector).LookAsync(
            Connection, new ReadRequest { Table = "big" },
            async session =>
            {
                var table = await session.Dialect.FindAsync(session.Ask, "big", Ct);
                var positions = new LoggedPositions(session with { Ask = AskAsync }, table);
                return await positions.MissingAsync([new PositionRange(5, 12), new PositionRange(20, 300_010, since), new PositionRange(400_000, 600_000)], Ct);

                async Task<List<string?[]>> AskAsync(string sql, IReadOnlyList<string> values, CancellationToken ct)
                {
                    var rows = await session.Ask(sql, values, ct);
                    most = Math.Max(most, rows.Count);
                    return rows;
                }
            },
            Ct);
        Assert.Equal(
            [new PositionRange(5, 10), new PositionRange(100, 109, since), new PositionRange(250_000, 250_000, since), new PositionRange(300_001, 300_010, since), new PositionRange(400_000, 600_000)],
            missing);
        Assert.InRange(most, 1, 100);
    }

    /// <summary>A server that gives out every second position leaves as many gaps as there are changes.</summary>
    [Fact]
    public async Task Changes_with_a_gap_before_each_are_told_a_portion_in_each_sync()
    {
        await ExecuteAsync("CREATE TABLE sparse (id INTEGER PRIMARY KEY, v TEXT)");
        var follower = new Follower(Connector, Connection, "sparse");
        await SetUpAsync(follower);
        await follower.SyncAsync(Ct);
        await ExecuteAsync(
            """
            INSERT INTO sparse_datasync_changes (datasync_position, datasync_operation, id)
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 220000) SELECT 2 * i + 9, 'I', i FROM n
            """);
        Assert.Equal(100_000, (await follower.SyncAsync(Ct)).Count);
        Assert.Equal(100_000, (await follower.SyncAsync(Ct)).Count);
        Assert.Equal(20_000, (await follower.SyncAsync(Ct)).Count);
        Assert.Equal((220_000, false), (follower.Rows.Count, follower.Plan.Everything));

        // who begins now begins behind them all
        var late = new Follower(Connector, Connection, "sparse");
        await late.SyncAsync(Ct);
        Assert.Empty(await late.SyncAsync(Ct));
        Assert.False(late.Plan.Everything);
    }

    [Fact]
    public async Task Replace_that_removes_another_row_is_told_where_recursive_triggers_is_on()
    {
        await ExecuteAsync("CREATE TABLE pairs (a TEXT, b TEXT, other TEXT UNIQUE, twice TEXT AS (other || other), PRIMARY KEY (a, b)) WITHOUT ROWID; INSERT INTO pairs VALUES ('a', 'b', 'x'), ('a', 'c', 'y')");
        var follower = new Follower(Connector, Connection, "PAIRS");
        await SetUpAsync(follower);
        await follower.SyncAsync(Ct);
        await ExecuteAsync("PRAGMA recursive_triggers = 1; INSERT OR REPLACE INTO pairs VALUES ('a', 'd', 'x')");
        Assert.Equal(["delete a b", "insert a d"], await follower.SyncAsync(Ct));
        await follower.AssertSameAsync(Ct);
    }
}

public sealed class SqliteChangeLogTests : SqliteChangeLogContract
{
    private const string Plain = "CREATE TABLE plain (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO plain VALUES (1, 'a')";
    private const string Remove = "DELETE FROM plain_datasync_changes WHERE datasync_operation <> 'S' AND datasync_position <=";

    internal override ITracksChanges Connector => Source.Connector;

    internal override SourceConnection Connection => Source.Connection;

    [Fact]
    public async Task Job_gone_on_with_after_changes_were_removed_shows_the_gap_and_the_next_reads_everything()
    {
        await ExecuteAsync(Plain);
        await SetUpAsync(new Follower(Connector, Connection, "plain"));
        var source = new IncrementalSource(Connector, Connection, """{"table":"plain"}""");
        Assert.Single(await source.SyncAsync(Ct));
        for (var i = 2; i < 10; i++) await ExecuteAsync($"INSERT INTO plain VALUES ({i}, 'b')");
        Assert.True((await source.SyncInTwoAttemptsAsync(1, Ct, between: () => ExecuteAsync($"{Remove} 5"))).Count < 8);
        Assert.Equal((true, true, GapBasis.Log, "tracking.change_log.hole"), (source.Gap!.Checked, source.Gap.Detected, source.Gap.Against, source.Gap.Reason?.Key));

        Assert.Equal(9, (await source.SyncAsync(Ct)).Count);
        Assert.Equal((true, "tracking.change_log.hole"), (source.Tracking!.Everything, source.Tracking.Reason?.Key));
        await ExecuteAsync("INSERT INTO plain VALUES (10, 'c')");
        Assert.Single(await source.SyncAsync(Ct));
        Assert.Equal(new GapReport(true, 0, false, GapBasis.Log), source.Gap);
    }

    [Fact]
    public async Task Plan_while_which_changes_are_removed_reads_everything()
    {
        await ExecuteAsync(Plain);
        await SetUpAsync(new Follower(Connector, Connection, "plain"));
        var request = new ReadRequest { Table = "plain" };
        await ExecuteAsync("INSERT INTO plain VALUES (2, 'b')");
        var last = new ChangeLogState { Log = (await LogAsync())!, Position = 3 }.ToJson();
        await ExecuteAsync("INSERT INTO plain VALUES (3, 'b'), (4, 'b'), (5, 'b')");

        // after the look whether the last delivered one is there, before the look for what is missing behind it
        var tracker = new ChangeLogTracker(new Meddled(Source.Connector, "MAX(", () => Source.Execute($"{Remove} 4")), TimeProvider.System);
        var plan = await tracker.PlanAsync(Connection, request, last, Ct);
        Assert.Equal((true, "tracking.change_log.purged"), (plan.Everything, plan.Reason?.Key));
    }

    private Task<string?> LogAsync() => Source.Connector.LookAsync(
        Connection, new ReadRequest { Table = "plain" },
        async session => (await new LoggedPositions(session, await session.Dialect.FindAsync(session.Ask, "plain", Ct)).BeginningAsync(Ct)).Log, Ct);

    /// <summary>A source to which something is done before a question is answered, once.</summary>
    private sealed class Meddled(IChangeLogSource source, string question, Action done) : IChangeLogSource
    {
        private bool _isDone;

        public Task<T> LookAsync<T>(SourceConnection connection, ReadRequest request, Func<ChangeLogSession, Task<T>> look, CancellationToken ct)
            => source.LookAsync(connection, request, session => look(session with { Ask = (sql, values, token) => AskAsync(session, sql, values, token) }), ct);

        public IAsyncEnumerable<RecordBatch> ReadAsync(SourceConnection connection, ReadRequest request, Func<ChangeLogSession, Task>? beside, CancellationToken ct) => source.ReadAsync(connection, request, beside, ct);

        private Task<List<string?[]>> AskAsync(ChangeLogSession session, string sql, IReadOnlyList<string> values, CancellationToken ct)
        {
            if (!_isDone && sql.Contains(question, StringComparison.Ordinal))
            {
                _isDone = true;
                done();
            }

            return session.Ask(sql, values, ct);
        }
    }
}

public sealed class OdbcSqliteChangeLogTests : SqliteChangeLogContract
{
    private SourceConnection? _connection;

    internal override ITracksChanges Connector { get; } = OdbcSource.Connector();

    internal override SourceConnection Connection => _connection ??= OdbcSource.Of(Source);
}
