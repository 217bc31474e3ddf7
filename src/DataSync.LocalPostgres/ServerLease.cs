using DataSync.LocalPostgres.Lifetime;

namespace DataSync.LocalPostgres;

/// <summary>One process's use of a server: while any process holds one, the server lives.</summary>
sealed class ServerLease : IAsyncDisposable
{
    // A first start may download an image or a package.
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    readonly string _folder;
    readonly FileStream _user;
    FileStream? _start;

    ServerLease(string folder, FileStream start, FileStream user) => (_folder, _start, _user) = (folder, start, user);

    /// <summary>Waits its turn to look for the server: two processes never start it at once.</summary>
    public static async Task<ServerLease> TakeAsync(string folder, CancellationToken ct)
    {
        var start = await WaitAsync(() => FileLock.TryExclusive(Path.Combine(folder, "start.lock")), folder, ct);
        try
        {
            // Not to be had while a watchdog is stopping the server of the last user.
            var user = await WaitAsync(() => FileLock.TryShared(new Watchdog(folder, disposable: false).UsersLock), folder, ct);
            return new ServerLease(folder, start, user);
        }
        catch
        {
            await start.DisposeAsync();
            throw;
        }
    }

    /// <summary>Lets the next process have its turn.</summary>
    public void StartIsOver()
    {
        _start?.Dispose();
        _start = null;
    }

    public async ValueTask DisposeAsync()
    {
        await _user.DisposeAsync();
        StartIsOver();
        await new Watchdog(_folder, disposable: false).WaitForEndAsync();
    }

    static async Task<FileStream> WaitAsync(Func<FileStream?> take, string folder, CancellationToken ct)
        => await FileLock.WaitAsync(take, Patience, ct) ?? throw new PostgresUnavailableException($"Another process has held the locks in {folder} for {Patience.TotalMinutes:0} minutes.");
}
