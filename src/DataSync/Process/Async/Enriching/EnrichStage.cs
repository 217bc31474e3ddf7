using System.Runtime.CompilerServices;
using DataSync.Pipeline;
using DataSync.Pipeline.Enriching;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Tenancy;

namespace DataSync.Process.Async.Enriching;

/// <summary>
/// Runs a job's enrichers, one after the other, over its stored records. What they make becomes rows of its own, written once, together with the checkpoint and under the
/// fence: a worker that is killed is followed by one that goes on where the last commit ended.
/// </summary>
internal sealed class EnrichStage(IEnumerable<IEnricher> enrichers, TenantDatabase database, TimeProvider time) : IStage
{
    /// <summary>Records read at once. Few: each may cost seconds, and they are in memory meanwhile.</summary>
    private const int PageRecords = 256;

    private readonly IEnricher[] _enrichers = [.. enrichers];

    public string Name => Stages.Refine;

    public async Task<StageOutcome> RunAsync(StageContext context, CancellationToken ct)
    {
        var run = context.Run;
        var asked = _enrichers.AskedFor(run.Plan.RefinementConfig).ToArray();
        await using var connection = await database.ConnectAsync(run.TenantId, ct);
        var commits = new EnrichmentCommits(connection, run, [.. asked.Select(e => e.Kind)]);
        var deadline = (run.WaitingSince ?? time.GetUtcNow()) + TimeSpan.FromSeconds(run.Plan.AnnotationTimeoutSeconds);
        foreach (var enricher in asked)
        {
            var position = commits.PositionOf(enricher.Kind);
            if (position.IsDone) continue;
            await using var enrichment = await enricher.OpenAsync(run, ct);
            var end = await enrichment.RunAsync(
                new EnrichmentContext(run, position, deadline, (choice, token) => RecordsAsync(run, choice, token), (move, token) => commits.CommitAsync(enricher.Kind, move, token)), ct);
            if (end.Wait is { } wait)
            {
                if (time.GetUtcNow() >= deadline) throw new SyncFailureException(SyncFailure.Permanent("errors.job.annotation_timeout", ("seconds", run.Plan.AnnotationTimeoutSeconds)));
                return new StageOutcome([], wait);
            }

            await commits.FinishAsync(enricher.Kind, ct);
        }

        return new StageOutcome([]);
    }

    /// <summary>Nothing is left half done: what is committed stands, and a retry goes on behind it.</summary>
    public Task AbandonAsync(SyncRun run, CancellationToken ct) => Task.CompletedTask;

    /// <summary>Page by page, so that no transaction is open while a page is worked on.</summary>
    private async IAsyncEnumerable<RecordBatch> RecordsAsync(SyncRun run, RecordChoice choice, [EnumeratorCancellation] CancellationToken ct)
    {
        if (run.Progress.Processed == 0) yield break;
        var page = new List<RecordBatch>();
        try
        {
            while (true)
            {
                await ReadPageAsync(run, choice, page, ct);
                if (page.Count == 0) yield break;
                choice = choice with { From = page[^1].SeqOf(page[^1].Count - 1) + 1 };
                while (page.Count > 0)
                {
                    var next = page[0];
                    page.RemoveAt(0);
                    yield return next;
                }
            }
        }
        finally
        {
            foreach (var unread in page) unread.Dispose();
        }
    }

    private async Task ReadPageAsync(SyncRun run, RecordChoice choice, List<RecordBatch> page, CancellationToken ct)
    {
        await using var connection = await database.ConnectAsync(run.TenantId, ct);
        await using var transaction = await connection.BeginAsync(ct);
        await foreach (var batch in StoredRecords.ReadAsync(connection.Connection, run, new StoredSelection(WithSeqs: true, [], choice.From, PageRecords, choice.Earlier), ct)) page.Add(batch);
    }
}
