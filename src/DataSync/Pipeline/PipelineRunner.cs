using System.Runtime.CompilerServices;
using DataSync.Pipeline.Enriching;
using DataSync.Pipeline.Routing;

namespace DataSync.Pipeline;

/// <summary>
/// The corridor: takes one attempt from its checkpoint to its end. Extraction, refinement and storing are one stream, so records are written
/// once; the stages after it run one by one, each named in the checkpoint before it starts.
/// </summary>
internal sealed class PipelineRunner(
    IEnumerable<IRecordSource> sources, IEnumerable<IRefiner> refiners, IEnumerable<IEnricher> enrichers, IEnumerable<IProcessingStrategy> strategies,
    IEnumerable<IStage> stages, CompileConditions conditions)
{
    private readonly Dictionary<string, IRecordSource> _sources = sources.ToDictionary(s => s.SourceType, StringComparer.Ordinal);
    private readonly Dictionary<string, IProcessingStrategy> _strategies = strategies.ToDictionary(s => s.Mode, StringComparer.Ordinal);
    private readonly Dictionary<string, IStage> _stages = stages.ToDictionary(s => s.Name, StringComparer.Ordinal);
    private readonly IRefiner[] _refiners = [.. refiners.OrderBy(r => r.Order)];
    private readonly IEnricher[] _enrichers = [.. enrichers];

    /// <summary>Runs the attempt.</summary>
    /// <param name="run">The attempt.</param>
    /// <param name="entering">Awaited before each stage; makes the move durable.</param>
    /// <param name="ct">Ends the run.</param>
    /// <param name="last">Sees the kept records once more after the last stage, before this process gives back what it holds of them.</param>
    public async Task<StageOutcome> RunAsync(
        SyncRun run, Func<string, CancellationToken, Task> entering, CancellationToken ct, Func<StageContext, CancellationToken, Task>? last = null)
    {
        var strategy = _strategies[run.Plan.Mode];
        run = Prepared(run);
        try
        {
            if (string.Equals(run.Checkpoint.Stage, Stages.Extract, StringComparison.Ordinal))
            {
                await entering(Stages.Extract, ct);
                run = await StoreAsync(run, strategy, ct);

                // Whoever was left behind while it stored comes back here, when the caller has been answered: it goes no further.
                ct.ThrowIfCancellationRequested();
            }

            var context = new StageContext(run, token => strategy.ReadAsync(run, token));
            if (run.AfterStoring == Stages.Refine && run.Checkpoint.Stage != Stages.Export)
            {
                await entering(Stages.Refine, ct);
                var refined = await _stages[Stages.Refine].RunAsync(context, ct);
                if (refined.Wait is not null) return refined;
            }

            await entering(Stages.Export, ct);
            var outcome = await _stages[Stages.Export].RunAsync(context, ct);
            if (last is not null) await last(context, ct);
            return outcome;
        }
        finally
        {
            strategy.Release(run);
        }
    }

    /// <summary>The first half alone: extracts, refines and stores, and leaves the rest to whoever the last checkpoint hands the job to.</summary>
    public async Task StoreAsync(SyncRun run, CancellationToken ct)
    {
        var strategy = _strategies[run.Plan.Mode];
        run = Prepared(run);
        try
        {
            await StoreAsync(run, strategy, ct);
        }
        finally
        {
            strategy.Release(run);
        }
    }

    /// <summary>Gives back what this process holds of an attempt that does not come back.</summary>
    public void Release(SyncRun run) => _strategies[run.Plan.Mode].Release(run);

    private async Task<SyncRun> StoreAsync(SyncRun run, IProcessingStrategy strategy, CancellationToken ct)
    {
        if (run.Checkpoint is { Resume: null, NextSeq: > 0 })
        {
            await strategy.ResetAsync(run, ct);
            run = run with { Checkpoint = new Checkpoint() };
            run.Progress.Restore(0, 0, 0);
            run.Progress.Rules = null;
        }

        // The stage after this one goes on from where this attempt has come, not from where it began.
        var (reached, advance) = (run.Checkpoint, run.Advance);
        var noting = run with
        {
            Advance = async (connection, move, token) =>
            {
                await advance(connection, move, token);
                reached = move.Next;
            },
        };
        await strategy.StoreAsync(noting, Refined(run, strategy, strategy.AdmitAsync(noting, Extracted(noting, ct), ct), ct), ct);
        return run with { Checkpoint = reached };
    }

    private async IAsyncEnumerable<RecordBatch> Extracted(SyncRun run, [EnumeratorCancellation] CancellationToken ct)
    {
        var router = run is { Inline.Part: not null, Plan.Routing: { } routing } ? RecordRouter.Of(routing, conditions) : null;
        run.Progress.Routed ??= router?.Counts;
        await foreach (var batch in _sources[run.SourceType].ReadAsync(run, ct))
        {
            if (router is not null) SetOthersAside(batch, router, run.Inline!.Part!);
            run.Progress.AddExtracted(batch.Count - batch.AsideCount, batch.Raw.Length);
            yield return batch;
        }
    }

    /// <summary>The job ends without completing: every stage clears away what it left half done.</summary>
    public async Task AbandonAsync(SyncRun run, CancellationToken ct)
    {
        foreach (var stage in _stages.Values) await stage.AbandonAsync(run, ct);
    }

    /// <summary>The job is forgotten: every stage gives up what it keeps of it.</summary>
    public async Task ForgetAsync(string tenantId, Guid jobId, CancellationToken ct)
    {
        foreach (var stage in _stages.Values) await stage.ForgetAsync(tenantId, jobId, ct);
    }

    /// <summary>What enrichers add, and whether they do it in a stage of their own. Only what is stored for the export anyway may be looked at again later.</summary>
    private SyncRun Prepared(SyncRun run)
    {
        var kinds = _enrichers.AskedFor(run.Plan.RefinementConfig).Select(e => e.Kind).ToArray();
        return kinds.Length == 0 ? run : run with { Enrichments = kinds, AfterStoring = Streams(run) ? Stages.Export : Stages.Refine };
    }

    private static bool Streams(SyncRun run) => run.Plan.Mode != SyncModes.Async;

    private async IAsyncEnumerable<RecordBatch> Refined(
        SyncRun run, IProcessingStrategy strategy, IAsyncEnumerable<RecordBatch> batches, [EnumeratorCancellation] CancellationToken ct)
    {
        var config = run.Plan.RefinementConfig;
        var compiled = await _refiners.CompileAsync(run.TenantId, config, ct);
        await using var enriching = await EnrichingStream.OpenAsync(Streams(run) ? _enrichers.AskedFor(config) : [], run, ct);
        try
        {
            if (run.Checkpoint.NextSeq > 0 && Array.Exists(compiled, r => r.Remembers)) await RecallAsync(run, strategy, compiled, ct);
            await foreach (var batch in batches.WithCancellation(ct))
            {
                foreach (var refiner in compiled) await refiner.RefineAsync(batch, ct);
                if (compiled.Length > 0) run.Progress.AddRefined(batch.Count - batch.AsideCount);
                await enriching.EnrichAsync(batch, ct);
                yield return batch;
            }
        }
        finally
        {
            foreach (var refiner in compiled) (refiner as IDisposable)?.Dispose();
        }
    }

    /// <summary>Whoever goes on in the middle knows what the records before were.</summary>
    private static async Task RecallAsync(SyncRun run, IProcessingStrategy strategy, IBatchRefiner[] refiners, CancellationToken ct)
    {
        await foreach (var seen in strategy.ReadSeenAsync(run, ct))
        {
            foreach (var refiner in refiners.Where(r => r.Remembers)) refiner.Recall(seen);
        }
    }

    /// <summary>Leaves the records of one side of a routed job.</summary>
    private static void SetOthersAside(RecordBatch batch, RecordRouter router, string part)
    {
        var memory = string.Equals(part, SyncModes.Realtime, StringComparison.Ordinal);
        for (var i = 0; i < batch.Count; i++)
        {
            if (router.Route(batch.Raw.Memory(i)).ToMemory != memory) batch.SetAside(i);
        }
    }
}
