using DataSync.Pipeline;
using DataSync.Platform.Monitoring;

namespace DataSync.Jobs.Engine;

/// <summary>The stages an attempt goes through: each noted before it begins, each with its span.</summary>
/// <param name="leases">Notes the stage under the fence.</param>
/// <param name="telemetry">Spans.</param>
/// <param name="run">The attempt.</param>
internal sealed class StageWalk(JobLease leases, SyncTelemetry telemetry, SyncRun run) : IDisposable
{
    private readonly StageSpans _spans = new(telemetry);

    /// <summary>The stage the attempt is in.</summary>
    public string Current { get; private set; } = run.Progress.Stage ?? Stages.Extract;

    public Task EnterAsync(string stage, CancellationToken ct)
    {
        _spans.Enter(stage);
        Current = stage;

        // The claim noted it, or the last checkpoint of the stage before.
        if (string.Equals(stage, run.Progress.Stage, StringComparison.Ordinal)) return Task.CompletedTask;
        return leases.EnterAsync(run, stage, ct);
    }

    public void Dispose() => _spans.Dispose();
}
