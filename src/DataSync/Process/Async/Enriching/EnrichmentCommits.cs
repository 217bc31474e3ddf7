using DataSync.Pipeline;
using DataSync.Pipeline.Enriching;
using DataSync.Platform.Tenancy;

namespace DataSync.Process.Async.Enriching;

/// <summary>The commits of the stage: results and the position behind them, in one transaction whose last statement is the checkpoint's move under the fence.</summary>
internal sealed class EnrichmentCommits(TenantConnection connection, SyncRun run, IReadOnlyList<string> kinds)
{
    private readonly EnrichedRows _rows = new();
    private readonly Dictionary<string, EnrichmentPosition> _positions = new(run.Checkpoint.Enrichments ?? new Dictionary<string, EnrichmentPosition>(), StringComparer.Ordinal);
    private bool _registered;

    public EnrichmentPosition PositionOf(string kind) => _positions.GetValueOrDefault(kind) ?? new EnrichmentPosition();

    public Task CommitAsync(string kind, EnrichmentMove move, CancellationToken ct)
    {
        _rows.Add(kind, move.Results);
        if (move.Summary is { } summary) run.Progress.Summarise(kind, summary);
        return CommitAsync(kind, PositionOf(kind) with { NextSeq = move.NextSeq, State = move.State }, ct);
    }

    /// <summary>The enricher is done; after the last one, the stage is.</summary>
    public Task FinishAsync(string kind, CancellationToken ct) => CommitAsync(kind, PositionOf(kind) with { IsDone = true }, ct);

    private async Task CommitAsync(string kind, EnrichmentPosition position, CancellationToken ct)
    {
        await using var transaction = await connection.BeginAsync(ct);
        if (!_registered)
        {
            await run.RegisterWriter(connection.Connection, ct);
            _registered = true;
        }

        var written = await _rows.FlushAsync(connection.Connection, run, ct);
        position = position with { Results = position.Results + written };
        var positions = new Dictionary<string, EnrichmentPosition>(_positions, StringComparer.Ordinal) { [kind] = position };
        var isOver = kinds.All(k => positions.GetValueOrDefault(k) is { IsDone: true });
        var next = run.Checkpoint with { Stage = isOver ? Stages.Export : Stages.Refine, Enrichments = positions };
        await run.Advance(connection.Connection, new CheckpointMove(next, run.Progress.Processed, run.Progress.Rejected, run.Progress.Bytes, run.Progress.Rules), ct);
        await transaction.CommitAsync(ct);
        _positions[kind] = position;
        run.Progress.AddEnriched(written);
    }
}
