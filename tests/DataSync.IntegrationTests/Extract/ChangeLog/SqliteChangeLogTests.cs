using DataSync.IntegrationTests.Extract.Odbc;
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
    internal override ITracksChanges Connector => Source.Connector;

    internal override SourceConnection Connection => Source.Connection;
}

public sealed class OdbcSqliteChangeLogTests : SqliteChangeLogContract
{
    private SourceConnection? _connection;

    internal override ITracksChanges Connector { get; } = OdbcSource.Connector();

    internal override SourceConnection Connection => _connection ??= OdbcSource.Of(Source);
}
