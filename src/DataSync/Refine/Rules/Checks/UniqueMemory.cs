using DataSync.Pipeline.Failures;

namespace DataSync.Refine.Rules.Checks;

/// <summary>The memory that all jobs of this process may take for values that must not come twice.</summary>
/// <param name="limitBytes">Bytes at most.</param>
internal sealed class UniqueMemory(long limitBytes)
{
    public const string LimitSetting = "DATASYNC_UNIQUE_MEMORY_MB";

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(30);
    private long _used;

    /// <summary>Takes bytes; throws a transient failure where others have them: the job goes on from its checkpoint when they are given back.</summary>
    public void Take(long bytes)
    {
        if (Interlocked.Add(ref _used, bytes) <= limitBytes) return;
        GiveBack(bytes);
        throw new SyncFailureException(SyncFailure.Transient("errors.rules.unique_busy") with { RetryAfter = Pause });
    }

    /// <summary>Gives back what <see cref="Take"/> took.</summary>
    public void GiveBack(long bytes) => Interlocked.Add(ref _used, -bytes);
}
