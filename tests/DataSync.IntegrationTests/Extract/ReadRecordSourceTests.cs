using System.Text.Json;
using DataSync.Extract.Read;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Http.Security;
using DataSync.Platform.Resilience;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace DataSync.IntegrationTests.Extract;

/// <summary>The read extractor over a server whose sessions end in the middle.</summary>
public sealed class ReadRecordSourceTests : IAsyncLifetime
{
    private const int Rows = 20_000;
    private PostgresSource _source = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _source = await PostgresSource.CreateAsync(Ct);
        await _source.ExecuteAsync($"CREATE TABLE items (id int PRIMARY KEY, name text); INSERT INTO items SELECT i, repeat('n', 500) FROM generate_series(1, {Rows}) i", Ct);
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    [Fact]
    public async Task ReadAsync_a_table_survives_sessions_that_end_without_gap_or_repeat()
    {
        var ids = new List<int>();
        await foreach (var batch in Source().ReadAsync(Run("""{"table":"items"}"""), Ct))
        {
            using (batch)
            {
                Assert.Equal(ids.Count, batch.FirstSeq);
                for (var i = 0; i < batch.Count; i++) ids.Add(JsonDocument.Parse(batch.Raw.Memory(i)).RootElement.GetProperty("id").GetInt32());
            }

            if (batch.FirstSeq % 5000 == 0) await EndSessionsAsync();
        }

        Assert.Equal(Enumerable.Range(1, Rows), ids);
    }

    [Fact]
    public async Task ReadAsync_a_query_whose_session_ends_fails_transiently_instead_of_repeating_records()
    {
        var failure = await Assert.ThrowsAsync<SyncFailureException>(async () =>
        {
            await foreach (var batch in Source().ReadAsync(Run("""{"query":"SELECT * FROM items ORDER BY id"}"""), Ct))
            {
                batch.Dispose();
                if (batch.FirstSeq == 0) await EndSessionsAsync();
            }
        });
        Assert.Equal(("errors.connection.lost", FailureKind.Transient), (failure.Failure.MessageKey, failure.Failure.Kind));
    }

    [Fact]
    public async Task ReadAsync_goes_on_from_a_checkpoint()
    {
        var first = Run("""{"table":"items","row_limit":3500}""");
        Checkpoint? kept = null;
        await foreach (var batch in Source().ReadAsync(first, Ct))
        {
            using (batch) kept ??= new Checkpoint { NextSeq = batch.FirstSeq + batch.Count, Resume = JsonDocument.Parse(batch.ResumeToken).RootElement };
        }

        var seqs = new List<long>();
        await foreach (var batch in Source().ReadAsync(first with { Checkpoint = kept! }, Ct))
        {
            using (batch) seqs.AddRange(Enumerable.Range(0, batch.Count).Select(i => batch.FirstSeq + i));
        }

        Assert.Equal(Enumerable.Range(1000, 2500).Select(i => (long)i), seqs);
    }

    private static ReadRecordSource Source() => new(
        [PostgresSource.Connector()],
        new TransientRetry(Options.Create(new RetryOptions { InitialDelaySeconds = 0.01, MaxDelaySeconds = 0.05 }), TimeProvider.System),
        new DerivedKeys([new byte[32]]), static (_, _) => throw new NotSupportedException("A full sync is compared with nothing."), static (_, _, _) => Task.FromResult(false), TimeProvider.System, NullLogger<ReadRecordSource>.Instance);

    private SyncRun Run(string extractionParams) => new()
    {
        TenantId = "t",
        JobId = Guid.Empty,
        SourceId = "s",
        SourceType = "read",
        CorrelationId = "c",
        Language = "en-US",
        CreatedAt = DateTimeOffset.UnixEpoch,
        Fence = 1,
        Plan = new SyncPlan { ExtractionParams = JsonDocument.Parse(extractionParams).RootElement },
        Checkpoint = new Checkpoint(),
        Advance = (_, _, _) => throw new NotSupportedException("Reading moves no checkpoint."),
        RegisterWriter = (_, _) => throw new NotSupportedException("Reading writes nothing."),
        OpenSource = _ => ValueTask.FromResult(_source.Connection),
    };

    private async Task EndSessionsAsync()
        => await _source.ExecuteAsync($"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{_source.Login}'", Ct);
}
