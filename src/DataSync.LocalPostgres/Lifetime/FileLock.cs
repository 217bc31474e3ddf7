namespace DataSync.LocalPostgres.Lifetime;

/// <summary>
/// A lock on a file that the kernel lets go of when the holder ends, however it ends. .NET takes it by flock(2), so shell scripts
/// can take part with flock(1); it is not inherited by child processes.
/// </summary>
static class FileLock
{
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    public static FileStream? TryShared(string path) => TryOpen(path, FileAccess.Read, FileShare.Read);

    public static FileStream? TryExclusive(string path) => TryOpen(path, FileAccess.ReadWrite, FileShare.None);

    /// <summary>Takes the lock as soon as <paramref name="take"/> yields it; null when <paramref name="limit"/> has passed.</summary>
    public static async Task<FileStream?> WaitAsync(Func<FileStream?> take, TimeSpan limit, CancellationToken ct)
    {
        for (var start = TimeProvider.System.GetTimestamp(); ;)
        {
            if (take() is { } held) return held;
            if (TimeProvider.System.GetElapsedTime(start) > limit) return null;
            await Task.Delay(Pause, TimeProvider.System, ct);
        }
    }

    static FileStream? TryOpen(string path, FileAccess access, FileShare share)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, access, share, bufferSize: 0);
        }
        catch (IOException e) when (e is not (FileNotFoundException or DirectoryNotFoundException or PathTooLongException))
        {
            return null;
        }
    }
}
