using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Incremental;

namespace DataSync.IntegrationTests.Extract.Incremental;

public sealed partial class SqliteIncrementalTests : IncrementalContract, IDisposable
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
    public async Task Gap_among_more_records_than_are_remembered_is_counted_and_repaired_by_delivering_everything()
    {
        await MakeTableAsync();
        await ExecuteAsync("INSERT INTO changes WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500100) SELECT i, i, 'x' FROM n");
        var connector = new MeanwhileConnector(_source.Connector) { Meanwhile = () => ExecuteAsync("INSERT INTO changes VALUES (600001, 5, 'x'), (600002, 6, 'x')") };
        var source = new IncrementalSource(connector, Connection, Checked("reread"));
        Assert.Equal(500100, (await source.SyncAsync(Ct, batchSize: 1000)).Count);
        Assert.Equal((true, 2L, false, "gap.counts"), (source.Gap!.Checked, source.Gap.Missing, source.Gap.Repaired, source.Gap.Reason!.Key));

        // it begins to remember anew, with no more than the state may hold
        Assert.True(source.State!.Data.GetRawText().Length < 2000);
        connector.Meanwhile = static () => Task.CompletedTask;
        await ExecuteAsync("INSERT INTO changes VALUES (600003, 600000, 'x')");
        Assert.Single(await source.SyncAsync(Ct));
        Assert.Equal(new GapReport(true, 0, false), source.Gap);

        // whoever wants everything gets it, though nobody knows what of it had arrived: all but the value that the next sync begins with
        connector.Meanwhile = () => ExecuteAsync("INSERT OR IGNORE INTO changes VALUES (600004, 7, 'late')");
        source = new IncrementalSource(connector, Connection, Checked("full"));
        connector.TakeReadings();
        var records = await source.SyncAsync(Ct, batchSize: 1000);
        Assert.Equal((true, 1L, true, "gap.counts"), (source.Gap!.Checked, source.Gap.Missing, source.Gap.Repaired, source.Gap.Reason!.Key));
        Assert.Equal(500103 + 500103, records.Count);
        Assert.Single(records, r => r.Contains("\"late\"", StringComparison.Ordinal));
        connector.Meanwhile = static () => Task.CompletedTask;
        Assert.Empty(await source.SyncAsync(Ct));
    }

    public void Dispose() => _source.Dispose();
}
