using DataSync.Pipeline.Failures;
using DataSync.Platform.Monitoring;

namespace DataSync.Jobs.Engine;

/// <summary>A worker can work while its own session in PostgreSQL lives.</summary>
internal sealed class WorkerReadiness(WorkerSession session) : IReadinessCheck
{
    public string Name => "worker";

    public Task<SyncFailure?> CheckAsync(CancellationToken cancellationToken)
        => Task.FromResult(session.Current is null ? SyncFailure.Transient("errors.readiness.worker") : null);
}
