using DataSync.Faults.Running;

namespace DataSync.Faults.Injection;

/// <summary>One way to hurt the system. Every choice it makes comes from the random numbers it is given.</summary>
internal abstract class Fault
{
    /// <summary>What reports call it.</summary>
    public abstract string Name { get; }

    /// <summary>How often the whole run strikes.</summary>
    public abstract int Times { get; }

    /// <summary>Settings that the workers need for it, besides the common ones.</summary>
    public virtual IReadOnlyDictionary<string, string> WorkerSettings { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>True where a job may end as failed and goes on once somebody retries it.</summary>
    public virtual bool MayFailJobs => false;

    /// <summary>Why it cannot be done on this machine; null where it can.</summary>
    public virtual string? Impossible(FaultSystem system) => null;

    /// <summary>Strikes once, in the middle of what is running, and puts right what it broke. True where it hit what it was aimed at.</summary>
    public abstract Task<bool> StrikeAsync(FaultContext context, CancellationToken ct);

    /// <summary>The five, in the order of a whole run.</summary>
    public static IReadOnlyList<Fault> All => [new KillWorker(), new PauseWorker(), new StopDatabase(), new CutAfterCommit(), new DiskFull()];
}

/// <summary>What a strike works with.</summary>
/// <param name="System">The system to hurt.</param>
/// <param name="Random">Where its choices come from.</param>
/// <param name="StartJobAsync">Has the API acknowledge one more job.</param>
internal sealed record FaultContext(FaultSystem System, Random Random, Func<CancellationToken, Task> StartJobAsync)
{
    /// <summary>Waits for a worker in the middle of a job, and picks one. Jobs that have just ended are replaced.</summary>
    public async Task<string> HolderAsync(CancellationToken ct)
    {
        IReadOnlyList<string> holders = [];
        await Patience.ExpectAsync(
            "a worker to run a job",
            async () =>
            {
                if ((holders = await System.HoldersAsync(ct)).Count == 0 && await System.UnfinishedAsync(ct) == 0) await StartJobAsync(ct);
                return holders.Count > 0;
            },
            TimeSpan.FromSeconds(90), ct);
        return holders[Random.Next(holders.Count)];
    }

    /// <summary>Waits for a moment of up to so many milliseconds.</summary>
    public Task SomeTimeAsync(int most, CancellationToken ct) => Task.Delay(TimeSpan.FromMilliseconds(Random.Next(0, most)), TimeProvider.System, ct);
}
