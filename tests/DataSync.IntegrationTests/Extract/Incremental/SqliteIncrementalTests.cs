using DataSync.Pipeline.Connectors;

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

    public void Dispose() => _source.Dispose();
}
