namespace DataSync.Pipeline.Failures;

/// <summary>
/// Carries a <see cref="SyncFailure"/> out of a stream of batches, where no return value can. The runner turns it into an outcome.
/// The inner exception is for the log only: its text may hold a host or a statement and is never shown to a tenant.
/// </summary>
internal class SyncFailureException(SyncFailure failure, Exception? inner = null) : Exception(failure.MessageKey, inner)
{
    public SyncFailure Failure { get; } = failure;

    /// <summary>Every single thing wrong, where the failure is a refused request or configuration.</summary>
    public IReadOnlyList<Fault> Faults { get; init; } = [];
}
