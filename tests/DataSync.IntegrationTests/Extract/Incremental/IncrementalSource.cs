using System.Text;
using System.Text.Json;
using DataSync.Extract.Read;
using DataSync.IntegrationTests.Sources;
using DataSync.Pipeline;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Incremental;
using DataSync.Platform.Http.Security;
using DataSync.Platform.Resilience;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DataSync.IntegrationTests.Extract.Incremental;

/// <summary>Incremental syncs of one source, one after the other, with the state that the last complete one left.</summary>
internal sealed class IncrementalSource(IConnector connector, SourceConnection connection, string extractionParams, CollectedLogs? logs = null, StoredState? state = null, string mode = "async")
{
    private readonly TakenRecords _taken = new();

    private IReadOnlyList<byte[]> _masters = [new byte[32]];
    private ReadRecordSource? _source;

    private ReadRecordSource Source => _source ??= new ReadRecordSource(
        [connector], new TransientRetry(Options.Create(new RetryOptions { InitialDelaySeconds = 0.01, MaxDelaySeconds = 0.05 }), TimeProvider.System),
        new DerivedKeys(_masters), _taken.ReadAsync, _taken.LacksAsync, TimeProvider.System, LoggerFactory.Create(l => l.AddProvider(logs ?? new CollectedLogs())).CreateLogger<ReadRecordSource>());

    /// <summary>What the last complete sync left.</summary>
    public StoredState? State { get; private set; } = state;

    /// <summary>What the last complete sync found when it compared itself with the source; null where it did not.</summary>
    public GapReport? Gap { get; private set; }

    /// <summary>The records that were taken, as the syncs find them again.</summary>
    public TakenRecords Taken => _taken;

    /// <summary>How the last complete sync found what changed.</summary>
    public TrackingReport? Tracking { get; private set; }

    /// <summary>From here on another master key is the current one; those before stay accepted.</summary>
    public void RotateKey() => (_masters, _source) = ([[.. Enumerable.Repeat((byte)_masters.Count, 32)], .. _masters], null);

    /// <summary>The records one incremental sync delivers.</summary>
    public async Task<List<string>> SyncAsync(CancellationToken ct, int batchSize = 100)
    {
        var run = Run(Guid.CreateVersion7(), "incremental", extractionParams, batchSize, new Checkpoint());
        var records = new List<string>();
        var next = 0L;
        await foreach (var batch in Source.ReadAsync(run, ct))
        {
            Assert.True(batch.FirstSeq >= next, "Ordinals came back.");
            next = batch.FirstSeq + batch.Count;
            Take(run, batch, records);
        }

        Keep(run);
        return records;
    }

    /// <summary>The same, broken off after the first batch and gone on with by another attempt, as after a crash.</summary>
    /// <param name="batchSize">Records in a batch at most.</param>
    /// <param name="ct">Ends it.</param>
    /// <param name="between">Called when the first has broken off.</param>
    /// <param name="mayEnd">There may be no second batch: the first attempt may have come to its end when it is broken off.</param>
    public async Task<List<string>> SyncInTwoAttemptsAsync(int batchSize, CancellationToken ct, bool mayEnd = false, Func<Task>? between = null)
    {
        var first = Run(Guid.CreateVersion7(), "incremental", extractionParams, batchSize, new Checkpoint());
        var records = new List<string>();
        Checkpoint? kept = null;
        await foreach (var batch in Source.ReadAsync(first, ct))
        {
            kept = new Checkpoint { NextSeq = batch.FirstSeq + batch.Count, Resume = batch.ResumeToken.IsEmpty ? null : JsonElement.Parse(batch.ResumeToken.Span) };
            Take(first, batch, records);
            break;
        }

        Assert.True(mayEnd || first.State.Move is null);
        if (kept is null && mayEnd) Keep(first);
        if (kept is null) return records;
        Assert.NotNull(kept.Resume);
        if (between is not null) await between();
        var second = Run(first.JobId, "incremental", extractionParams, batchSize, kept);
        await foreach (var batch in Source.ReadAsync(second, ct)) Take(second, batch, records);
        Keep(second);
        return records;
    }

    /// <summary>The records a full sync delivers, with further members of <c>extraction_params</c>.</summary>
    public async Task<List<string>> FullAsync(CancellationToken ct, string? parameters = null)
    {
        var run = Run(Guid.CreateVersion7(), "full", parameters ?? extractionParams, 1000, new Checkpoint());
        var records = new List<string>();
        await foreach (var batch in Source.ReadAsync(run, ct)) Take(run, batch, records);
        Assert.Null(run.State.Move);
        return records;
    }

    private void Take(SyncRun run, RecordBatch batch, List<string> to)
    {
        using (batch)
        {
            for (var i = 0; i < batch.Count; i++)
            {
                if (!batch.IsKept(i)) continue;
                to.Add(Encoding.UTF8.GetString(batch.Raw[i]));
                _taken.Add(run.JobId, batch.SeqOf(i), batch.Raw[i]);
            }

            run.Stored.Reach(batch.FirstSeq + batch.Count);
        }
    }

    private void Keep(SyncRun run)
    {
        var move = run.State.Move ?? throw new InvalidOperationException("A complete sync moves the state.");
        Assert.Equal(State?.JobId, move.Base);
        (Gap, Tracking) = (move.Gap, move.Tracking);
        State = new StoredState(run.JobId, JsonElement.Parse(move.Data.GetRawText()));
    }

    private SyncRun Run(Guid jobId, string syncType, string parameters, int batchSize, Checkpoint checkpoint)
    {
        var run = New(jobId, syncType, parameters, batchSize, checkpoint);
        run.Stored.Reach(checkpoint.NextSeq);
        return run;
    }

    private SyncRun New(Guid jobId, string syncType, string parameters, int batchSize, Checkpoint checkpoint) => new()
    {
        TenantId = "t",
        JobId = jobId,
        SourceId = "s",
        SourceType = connector is IPreviewsPages ? "pull" : "read",
        CorrelationId = "c",
        Language = "en-US",
        CreatedAt = DateTimeOffset.UnixEpoch,
        Fence = 1,
        Plan = new SyncPlan { Mode = mode, SyncType = syncType, BatchSize = batchSize, ExtractionParams = JsonElement.Parse(parameters) },
        Checkpoint = checkpoint,
        State = new SourceState(_ => ValueTask.FromResult(State)),
        Advance = (_, _, _) => throw new NotSupportedException("Reading moves no checkpoint."),
        RegisterWriter = (_, _) => throw new NotSupportedException("Reading writes nothing."),
        OpenSource = _ => ValueTask.FromResult(connection),
    };
}
