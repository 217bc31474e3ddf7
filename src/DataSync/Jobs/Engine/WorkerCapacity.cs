using Hangfire.Storage.Monitoring;

namespace DataSync.Jobs.Engine;

/// <summary>
/// How many jobs may be handed out or running: one for each thread of the workers that are alive. More would only wait with Hangfire, first come first served,
/// where a tenant that comes later could not be let ahead.
/// </summary>
internal sealed class WorkerCapacity(Func<IEnumerable<ServerDto>> servers, EngineOptions options, TimeProvider time)
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
                _known = Math.Max(options.WorkerThreads, servers().Where(s => s.Heartbeat > since).Sum(s => s.WorkersCount));
                _asked = time.GetTimestamp();
            }

            return _known;
        }
    }

    /// <summary>How many of them only a tenant may take of which nothing runs: a quarter, so none where there are fewer than four.</summary>
    public int Reserve => Threads / 4;
}
