using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;

namespace DataSync.IntegrationTests.Extract.SqlServer;

/// <summary>Memory is flat however many rows there are, and whatever a server sends or says that it will. Nothing runs beside, for the process's memory is looked at.</summary>
[Collection(nameof(NothingBeside))]
public sealed class SqlServerMemoryTests
{
    /// <summary>A text may have 64 MiB before it is passed over; its buffer doubles as it comes, and those that it outgrew are counted too.</summary>
    private const long Little = 384L * 1024 * 1024;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("endless rows"), InlineData("endless notices"), InlineData("endless value"), InlineData("length too long")]
    public async Task Read_of_what_never_ends_holds_little_at_any_time(string mode)
    {
        await using var server = new TdsServer { Stops = false, OnStream = (_, stream, _) => SqlServerHostileServerTests.MisbehaveAsync(mode, stream) };
        var before = MemoryPeak.Before();
        var reading = Assert.ThrowsAsync<SyncFailureException>(async () =>
        {
            var request = new ReadRequest { Query = "SELECT a, b FROM t", StatementTimeout = TimeSpan.FromSeconds(2) };
            await foreach (var batch in TdsServer.Connector().ReadAsync(server.Connection(), request, Ct)) batch.Dispose();
        });
        var most = await MemoryPeak.DuringAsync(reading, before, Ct);
        TestContext.Current.SendDiagnosticMessage($"{mode}: {(await reading).Failure.MessageKey}, {most / 1024 / 1024} MiB");
        Assert.Equal("errors.extraction.statement_timeout", (await reading).Failure.MessageKey);
        Assert.InRange(most, long.MinValue, Little);
    }

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
