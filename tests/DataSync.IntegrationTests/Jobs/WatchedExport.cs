using DataSync.Pipeline;

namespace DataSync.IntegrationTests.Jobs;

/// <summary>An export whose records, and whose end, the test sees.</summary>
internal sealed class WatchedExport(IStage stage, Func<SyncRun, IAsyncEnumerable<RecordBatch>, CancellationToken, IAsyncEnumerable<RecordBatch>> records) : IStage
{
    public Func<SyncRun, Task> After { get; init; } = static _ => Task.CompletedTask;

    public string Name => stage.Name;

    public async Task<StageOutcome> RunAsync(StageContext context, CancellationToken ct)
    {
        var outcome = await stage.RunAsync(context with { Records = token => records(context.Run, context.Records(token), token) }, ct);
        await After(context.Run);
        return outcome;
    }

    public Task AbandonAsync(SyncRun run, CancellationToken ct) => stage.AbandonAsync(run, ct);
}
