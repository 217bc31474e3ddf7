using DataSync.LocalPostgres.Shell;

namespace DataSync.LocalPostgres.Lifetime;

/// <summary>
/// Sees to it that a server ends with its last user. The watchdog is a shell script of its own session: neither Ctrl-C nor the death of
/// the process that started it reaches it, and it wakes when the kernel lets go of the last user's lock.
/// </summary>
sealed class Watchdog(string folder, bool disposable)
{
    string WatchLock { get; } = Path.Combine(folder, "watch.lock");

    /// <summary>The file every user of the server holds a shared lock on.</summary>
    public string UsersLock { get; } = Path.Combine(folder, "users.lock");

    /// <summary>Starts the watchdog unless one is there. To be called by a holder of the users' lock, before the server starts.</summary>
    public async Task StartAsync(string kind, string target, CancellationToken ct)
    {
        using var process = Command.Start("setsid",
            ["sh", "-c", EmbeddedFile.Read("watchdog.sh"), "datasync-watchdog",
             WatchLock, UsersLock, Path.Combine(folder, "watchdog.log"), disposable ? "true" : "false", kind, target]);
        process.StandardInput.Close();
        if (await process.StandardOutput.ReadLineAsync(ct) == "watching") return;
        await process.WaitForExitAsync(ct);
        const int AlreadyWatched = 3;
        if (process.ExitCode != AlreadyWatched)
            throw new PostgresUnavailableException($"The watchdog of the local server did not start: {(await process.StandardError.ReadToEndAsync(ct)).Trim()}");
    }

    /// <summary>Waits until the server has ended, or until it is clear that others still use it.</summary>
    public async Task WaitForEndAsync()
    {
        // Time for the watchdog to be woken: before that, a free users' lock says nothing.
        var grace = TimeSpan.FromMilliseconds(500);
        var limit = TimeSpan.FromSeconds(30);
        var start = TimeProvider.System.GetTimestamp();
        for (var elapsed = TimeSpan.Zero; elapsed < limit; elapsed = TimeProvider.System.GetElapsedTime(start))
        {
            if (FileLock.TryExclusive(WatchLock) is { } ended)
            {
                await ended.DisposeAsync();
                return;
            }
            if (elapsed > grace && FileLock.TryShared(UsersLock) is { } others)
            {
                await others.DisposeAsync();
                return;
            }
            await Task.Delay(TimeSpan.FromMilliseconds(25), TimeProvider.System, CancellationToken.None);
        }
    }
}
