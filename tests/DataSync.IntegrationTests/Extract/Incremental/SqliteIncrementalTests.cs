using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Incremental;

namespace DataSync.IntegrationTests.Extract.Incremental;

public sealed class SqliteIncrementalTests : IncrementalContract, IDisposable
{
    private readonly SqliteSource _source = new();

    internal override IConnector Connector => _source.Connector;

    internal override SourceConnection Connection => _source.Connection;

    protected override Task MakeTableAsync() => ExecuteAsync("DROP TABLE IF EXISTS changes; CREATE TABLE changes (id INTEGER PRIMARY KEY, version INTEGER, name TEXT)");

    protected override Task ExecuteAsync(string sql)
    {
        _source.Execute(sql);
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Gap_among_more_records_than_are_remembered_is_counted_and_not_repaired()
    {
        await MakeTableAsync();
        await ExecuteAsync("INSERT INTO changes WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500100) SELECT i, i, 'x' FROM n");
        var connector = new MeanwhileConnector(_source.Connector) { Meanwhile = () => ExecuteAsync("INSERT INTO changes VALUES (600001, 5, 'x'), (600002, 6, 'x')") };
        var source = new IncrementalSource(connector, Connection, Checked("reread"));
        Assert.Equal(500100, (await source.SyncAsync(Ct, batchSize: 1000)).Count);
        Assert.Equal(new GapReport(true, 2, false), source.Gap);

        // it begins to remember anew, with no more than the state may hold
        Assert.True(source.State!.Data.GetRawText().Length < 2000);
        connector.Meanwhile = static () => Task.CompletedTask;
        await ExecuteAsync("INSERT INTO changes VALUES (600003, 600000, 'x')");
        Assert.Single(await source.SyncAsync(Ct));
        Assert.Equal(new GapReport(true, 0, false), source.Gap);
    }

    public void Dispose() => _source.Dispose();
}
