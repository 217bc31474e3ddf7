namespace DataSync.Benchmarks.Ours;

/// <summary>The files of one export below a folder.</summary>
internal static class Exported
{
    /// <summary>The only file of a name.</summary>
    /// <exception cref="BenchmarkException">There is none, or several.</exception>
    public static string Find(string root, string name)
        => Directory.Exists(root) && Directory.GetFiles(root, name, SearchOption.AllDirectories) is [var one] ? one : throw new BenchmarkException($"The export has no {name}.");

    public static Task RemoveAsync(string root)
    {
        if (Directory.Exists(root)) Directory.Delete(root, recursive: true);
        return Task.CompletedTask;
    }
}
