using DataSync.IntegrationTests.Extract.Incremental;
using DataSync.Pipeline.Connectors;

namespace DataSync.IntegrationTests.Extract.SqlServer;

/// <summary>Against a real SQL Server, where a container engine runs. The source's login sees which transactions run, so what commits late is not missed.</summary>
public sealed class SqlServerIncrementalTests(SqlServerIncrementalDatabase database) : IncrementalContract, IClassFixture<SqlServerIncrementalDatabase>, IAsyncLifetime
{
    internal override IConnector Connector { get; } = TdsServer.Connector(tlsExceptions: "0.0.0.0/0,::/0,localhost");

    internal override SourceConnection Connection => database.Source.Connection;

    public ValueTask InitializeAsync()
    {
        database.Source.SkipWithoutIt();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    protected override Task MakeTableAsync() => ExecuteAsync("DROP TABLE IF EXISTS changes; CREATE TABLE changes (id bigint PRIMARY KEY, version bigint NULL INDEX changes_version, name nvarchar(200))");

    protected override Task ExecuteAsync(string sql) => database.Source.ExecuteAsync(sql);

    [Fact]
    public async Task Incremental_by_rowversion_delivers_each_change_once_and_compares_it_with_the_store()
    {
        await ExecuteAsync("DROP TABLE IF EXISTS changes; CREATE TABLE changes (id bigint PRIMARY KEY, name nvarchar(200), version rowversion)");
        await ExecuteAsync("INSERT INTO changes (id, name) VALUES (1, 'a'), (2, 'b'), (3, 'c')");
        var source = new IncrementalSource(Connector, Connection, """{"table":"changes","change_tracking":"none","cursor_field":"version","gap_check":{"on_gap":"reread"}}""");
        Assert.Equal(3, (await source.SyncAsync(Ct)).Count);
        Assert.True(source.Gap!.Checked);
        await ExecuteAsync("UPDATE changes SET name = 'd' WHERE id = 2");
        Assert.Contains("\"id\":2,", Assert.Single(await source.SyncAsync(Ct)), StringComparison.Ordinal);
        Assert.False(source.Gap!.Detected);
        Assert.Empty(await source.SyncAsync(Ct));
    }
}

/// <summary>A database of the class's own.</summary>
public sealed class SqlServerIncrementalDatabase : IAsyncLifetime
{
    internal SqlServerSource Source { get; } = new();

    public async ValueTask InitializeAsync()
    {
        await Source.InitializeAsync();
        if (Source.IsHere) await Source.ExecuteAsync($"GRANT VIEW SERVER STATE TO {Source.Login}", "master");
    }

    public ValueTask DisposeAsync() => Source.DisposeAsync();
}
