using System.Runtime.CompilerServices;
using System.Text.Json;

namespace DataSync.Pipeline;

/// <summary>
/// The corridor: takes one attempt from its checkpoint to its end. Extraction, refinement and storing are one stream, so records are written
/// once; the stages after it run one by one, each named in the checkpoint before it starts.
/// </summary>
internal sealed class PipelineRunner(
    IEnumerable<IRecordSource> sources, IEnumerable<IRefiner> refiners, IEnumerable<IProcessingStrategy> strategies, IEnumerable<IStage> stages)
{
    private readonly Dictionary<string, IRecordSource> _sources = sources.ToDictionary(s => s.SourceType, StringComparer.Ordinal);
    private readonly Dictionary<string, IProcessingStrategy> _strategies = strategies.ToDictionary(s => s.Mode, StringComparer.Ordinal);
    private readonly Dictionary<string, IStage> _stages = stages.ToDictionary(s => s.Name, StringComparer.Ordinal);
    private readonly IRefiner[] _refiners = [.. refiners.OrderBy(r => r.Order)];

    /// <summary>Runs the attempt. <paramref name="entering"/> is awaited before each stage and makes the move durable.</summary>
    public async Task<StageOutcome> RunAsync(SyncRun run, Func<string, CancellationToken, Task> entering, CancellationToken ct)
    {
        var strategy = _strategies[run.Plan.Mode];
        if (string.Equals(run.Checkpoint.Stage, Stages.Extract, StringComparison.Ordinal))
        {
            await entering(Stages.Extract, ct);
            if (run.Checkpoint is { Resume: null, NextSeq: > 0 })
            {
                await strategy.ResetAsync(run, ct);
                run = run with { Checkpoint = new Checkpoint() };
                run.Progress.Restore(0, 0, 0);
            }

            await strategy.StoreAsync(run, Refined(run, _sources[run.SourceType].ReadAsync(run, ct), ct), ct);
        }

        await entering(Stages.Export, ct);
        return await _stages[Stages.Export].RunAsync(new StageContext(run, token => strategy.ReadAsync(run, token)), ct);
    }

    /// <summary>The job ends without completing: every stage clears away what it left half done.</summary>
    public async Task AbandonAsync(SyncRun run, CancellationToken ct)
    {
        foreach (var stage in _stages.Values) await stage.AbandonAsync(run, ct);
    }

    private async IAsyncEnumerable<RecordBatch> Refined(
        SyncRun run, IAsyncEnumerable<RecordBatch> batches, [EnumeratorCancellation] CancellationToken ct)
    {
        var config = run.Plan.RefinementConfig;
        IBatchRefiner[] compiled = config.ValueKind == JsonValueKind.Object ? [.. _refiners.Select(r => r.Compile(config)).OfType<IBatchRefiner>()] : [];
        await foreach (var batch in batches.WithCancellation(ct))
        {
            run.Progress.AddExtracted(batch.Count, batch.Raw.Length);
            foreach (var refiner in compiled) await refiner.RefineAsync(batch, ct);
            if (compiled.Length > 0) run.Progress.AddRefined(batch.Count);
            yield return batch;
        }
    }
}
