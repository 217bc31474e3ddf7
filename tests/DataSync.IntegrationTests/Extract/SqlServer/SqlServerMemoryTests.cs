using DataSync.Pipeline.Connectors;

namespace DataSync.IntegrationTests.Extract.SqlServer;

/// <summary>Memory is flat however many rows there are. Nothing runs beside, for the process's memory is looked at.</summary>
[Collection(nameof(NothingBeside))]
public sealed class SqlServerMemoryTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Read_memory_does_not_grow_with_the_rows()
    {
        await using var server = new TdsServer { OnStream = static async (_, stream, stopped) => await SqlServerHostileServerTests.RowsAsync(stream, stopped) };
        long rows = 0, before = 0, least = long.MaxValue;
        await foreach (var batch in TdsServer.Connector().ReadAsync(server.Connection(), new ReadRequest { Query = "SELECT a FROM t", RowLimit = 600_000 }, Ct))
        {
            rows += batch.Count;
            batch.Dispose();
            if (rows == 300_000) before = GC.GetTotalMemory(forceFullCollection: true);
            else if (rows > 300_000 && rows % 50_000 == 0) least = Math.Min(least, GC.GetTotalMemory(forceFullCollection: true));
        }

        Assert.Equal(600_000, rows);
        Assert.InRange(least - before, long.MinValue, 8 * 1024 * 1024);
    }
}
