using System.Diagnostics;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;

namespace DataSync.IntegrationTests.Extract;

/// <summary>What every connector must hold, whatever it connects to. <see cref="ConnectorContract"/> adds what databases must.</summary>
public abstract class SourceContract
{
    public const int ContractRows = 5_000;

    protected const int Rows = ContractRows;

    protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    internal abstract IConnector Connector { get; }

    internal abstract SourceConnection Connection { get; }

    /// <summary>Records with <c>id</c> from 1 to <see cref="ContractRows"/> and <c>name</c>; a reading of them can be gone on with.</summary>
    internal abstract ReadRequest Numbers { get; }

    /// <summary>A reading that takes a minute.</summary>
    internal abstract ReadRequest Slow { get; }

    /// <summary>A reading of about two million records of 100 bytes.</summary>
    internal abstract ReadRequest Huge { get; }

    [Fact]
    public async Task Read_gives_every_record_once_in_batches_with_consecutive_numbers()
    {
        var outcome = await ReadAsync(Numbers with { BatchSize = 333, FirstSeq = 7 });
        Assert.Equal(Enumerable.Range(1, Rows).Select(i => $"{{\"id\":{i},\"name\":\"name {i}\"}}"), outcome.Documents);
        Assert.Equal(Enumerable.Range(7, Rows).Select(i => (long)i), outcome.Seqs);
    }

    [Fact]
    public async Task Read_batches_end_at_their_bounds()
    {
        var counts = new List<int>();
        await foreach (var batch in Connector.ReadAsync(Connection, Numbers with { BatchSize = 1000 }, Ct))
            using (batch) counts.Add(batch.Count);
        Assert.Equal([1000, 1000, 1000, 1000, 1000], counts);

        await foreach (var batch in Connector.ReadAsync(Connection, Numbers with { BatchSize = 100_000, BatchBytes = 4096 }, Ct))
            using (batch) Assert.InRange(batch.Raw.Length, 1, 4096 + 40);
    }

    [Fact]
    public async Task Read_resumed_at_the_end_gives_nothing()
    {
        var all = await ReadAsync(Numbers);
        Assert.Empty((await ReadAsync(Numbers with { ResumeToken = all.Token })).Documents);
    }

    [Fact]
    public async Task Read_cancelled_ends_within_two_seconds()
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var reading = ReadOutcome.OfAsync(Connector, Connection, Slow, cancel.Token);
        await Task.Delay(500, Ct);
        Assert.False(reading.IsCompleted);
        var clock = Stopwatch.StartNew();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 2);
    }

    [Fact]
    public async Task Read_abandoned_after_the_first_batch_ends_within_two_seconds()
    {
        var clock = new Stopwatch();
        await foreach (var batch in Connector.ReadAsync(Connection, Huge, Ct))
        {
            batch.Dispose();
            clock.Start();
            break;
        }

        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 2);
    }

    [Fact]
    public async Task Read_memory_does_not_grow_with_the_source()
    {
        const long Most = 8 * 1024 * 1024, MostNative = 40L * 1024 * 1024;

        // A reading that piles up does so each time; what other tests of the process hold meanwhile, they do not hold three times.
        var (grown, native) = await GrowthAsync();
        for (var again = 0; (grown > Most || native > MostNative) && again < 2; again++)
        {
            var (other, otherNative) = await GrowthAsync();
            (grown, native) = (Math.Min(grown, other), Math.Min(native, otherNative));
        }

        Assert.InRange(grown, long.MinValue, Most);
        Assert.InRange(native, long.MinValue, MostNative);
    }

    [Fact]
    public async Task Read_over_its_time_is_ended()
    {
        var clock = Stopwatch.StartNew();
        var failure = await FailureAsync(Slow with { StatementTimeout = TimeSpan.FromSeconds(1) });
        Assert.Equal("errors.extraction.statement_timeout", failure.MessageKey);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0.5, 4);
    }

    [Fact]
    public async Task Read_resumed_after_any_record_has_no_gap_and_no_repeat()
    {
        var whole = (await ReadAsync(Numbers)).Documents;
        foreach (var kept in new[] { 1, 99, 1000, 1001, Rows - 1 })
        {
            var first = await ReadAsync(Numbers with { BatchSize = 125, RowLimit = kept });
            var second = await ReadAsync(Numbers with { ResumeToken = first.Token, FirstSeq = kept });
            Assert.Equal(whole, first.Documents.Concat(second.Documents));
        }
    }

    internal Task<ReadOutcome> ReadAsync(ReadRequest request) => ReadOutcome.OfAsync(Connector, Connection, request, Ct);

    internal Task<SyncFailure> FailureAsync(ReadRequest request) => ReadOutcome.FailureAsync(Connector, Connection, request, Ct);

    /// <summary>Bytes by which managed memory grew in the second half of a reading of 600,000 rows, and by which the process's own grew since before its beginning.</summary>
    private async Task<(long Managed, long Native)> GrowthAsync()
    {
        long least = long.MaxValue, leastNative = long.MaxValue, rows = 0, before = 0;

        // what a driver loads and keeps for good is there before
        await ReadAsync(Huge with { RowLimit = 1000 });
        var native = ResidentMemory.Settled();
        await foreach (var batch in Connector.ReadAsync(Connection, Huge with { RowLimit = 600_000 }, Ct))
        {
            rows += batch.Count;
            batch.Dispose();

            // By the middle the pools are as large as they get; a reading that piles up would add some 35 MB more in the second half, and hold 70 MB at its end.
            // Other tests of the process come and go, so the least of several looks counts.
            if (rows == 300_000) before = GC.GetTotalMemory(forceFullCollection: true);
            else if (rows > 300_000 && rows % 50_000 == 0)
            {
                least = Math.Min(least, GC.GetTotalMemory(forceFullCollection: true));
                leastNative = Math.Min(leastNative, ResidentMemory.Native());
            }
        }

        Assert.Equal(600_000, rows);
        return (least - before, leastNative - native);
    }
}
