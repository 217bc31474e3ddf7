using DataSync.Pipeline;

namespace DataSync.Jobs.Engine;

/// <summary>
/// Whether an attempt still has its job, for what no transaction guards. A process that stood still, or whose session was cut, may have lost it without having
/// heard. The answer serves for a moment only, too short for another to take the job over and come as far.
/// </summary>
internal sealed class FenceProof(JobLease leases, TimeProvider time)
{
    /// <summary>How long an answer serves.</summary>
    public static readonly TimeSpan Fresh = TimeSpan.FromMilliseconds(100);

    private const int Tries = 3;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);
    private long _asked = time.GetTimestamp();

    /// <summary>Throws <see cref="StaleFenceException"/> where the job is another's. The clock is one that goes on while the process stands still.</summary>
    public async Task ConfirmAsync(SyncRun run, CancellationToken ct)
    {
        if (time.GetElapsedTime(Volatile.Read(ref _asked)) < Fresh) return;
        for (var tries = 1; ; tries++)
        {
            var asked = time.GetTimestamp();
            try
            {
                if (!(await leases.RenewAsync(run, ct)).Held) throw new StaleFenceException();
                Volatile.Write(ref _asked, asked);
                return;
            }
            catch (Exception e) when (tries < Tries && e is not OperationCanceledException && AttemptVerdict.IsOwnDatabase(e))
            {
                await Task.Delay(Pause, time, ct);
            }
        }
    }
}
