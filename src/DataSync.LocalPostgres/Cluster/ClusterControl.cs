namespace DataSync.LocalPostgres.Cluster;

/// <summary>Ends a private cluster's server as a crash would, and starts it again at the same port with the same data.</summary>
sealed class ClusterControl(ClusterHome home, Binaries binaries, string serverOptions, string usersLock)
{
    static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public async Task CrashAsync(CancellationToken ct)
    {
        var stopped = await home.User.RunAsync([binaries["pg_ctl"], "stop", "-D", home.Data, "-m", "immediate", "-w", "-t", "60", "-s"], ct, limit: Limit);
        if (!stopped.Succeeded) throw new PostgresUnavailableException($"The private cluster did not stop: {stopped.LastLine}");
    }

    public async Task StartAsync(CancellationToken ct)
    {
        // pg_ctl holds the users' lock, as at the first start: the watchdog waits for what it is to stop.
        var started = await Shell.Command.RunAsync(
            ["flock", "-s", "-o", usersLock, .. home.User.Prefix, binaries["pg_ctl"], "start", "-D", home.Data, "-l", home.Log, "-w", "-t", "60", "-s", "-o", serverOptions], Limit, ct);
        if (!started.Succeeded) throw new PostgresUnavailableException($"The private cluster did not start again: {started.LastLine}; its log is {home.Log}");
    }
}
