using Hangfire;

namespace DataSync.Jobs.Engine;

/// <summary>
/// How many jobs may lie with Hangfire without having begun: one for each thread of the workers that are alive. More would only wait there, first come first
/// served, where a tenant that comes later could not be let ahead.
/// </summary>
internal sealed class WorkerCapacity(JobStorage storage, EngineOptions options, TimeProvider time)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Alive = TimeSpan.FromMinutes(1);
    private int _known;
    private long _asked;

    public int Threads
    {
        get
        {
            if (_known == 0 || time.GetElapsedTime(_asked) > Fresh)
            {
                var since = time.GetUtcNow().UtcDateTime - Alive;
                _known = Math.Max(options.WorkerThreads, storage.GetMonitoringApi().Servers().Where(s => s.Heartbeat > since).Sum(s => s.WorkersCount));
                _asked = time.GetTimestamp();
            }

            return _known;
        }
    }
}
