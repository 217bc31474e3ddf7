using DataSync.Pipeline.Failures;

namespace DataSync.Alerts.Channels;

/// <summary>Some recipients of a message have it and others do not: whoever tries again sends it to those others alone.</summary>
/// <param name="failure">Why the others do not have it.</param>
/// <param name="taken">Those that have it, as the target names them.</param>
internal sealed class PartlyTakenException(SyncFailure failure, IReadOnlyList<string> taken) : SyncFailureException(failure)
{
    public IReadOnlyList<string> Taken { get; } = taken;
}
