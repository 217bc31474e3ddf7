namespace DataSync.Dev.Start;

/// <summary>The folder of the running system's pids and logs; one system a checkout.</summary>
sealed class RunFolder : IDisposable
{
    readonly FileStream _lock;

    RunFolder(string path, FileStream held) => (Path, _lock) = (path, held);

    public string Path { get; }

    /// <summary>Takes the folder and clears what an earlier run left.</summary>
    public static RunFolder Take(string path)
    {
        Directory.CreateDirectory(path);
        FileStream held;
        try
        {
            held = new FileStream(System.IO.Path.Combine(path, "system.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            throw new DevException("./dev up or demo already runs in this checkout: stop it first.");
        }
        catch (UnauthorizedAccessException)
        {
            throw new DevException($"{path} belongs to another user: remove it or run as its owner.");
        }
        foreach (var old in Directory.EnumerateFiles(path).Where(f => f.EndsWith(".pid", StringComparison.Ordinal) || f.EndsWith(".log", StringComparison.Ordinal))) File.Delete(old);
        return new RunFolder(path, held);
    }

    public void Dispose() => _lock.Dispose();
}
