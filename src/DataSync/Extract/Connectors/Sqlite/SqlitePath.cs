using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Connectors.Sqlite;

/// <summary>Finds the file a source names, below the operator's folders alone: links are followed first, and what they lead to is what counts.</summary>
internal sealed class SqlitePath(ExtractOptions options)
{
    private const int MostLinks = 40;

    /// <summary>The file's real path. A path outside and a file that is not there fail alike, so that nothing shows what else exists.</summary>
    public string Resolve(string path)
    {
        foreach (var root in options.SqliteFolders())
        {
            var file = Real(Path.Combine(root, path));
            if (file is not null && Real(root) is { } folder && IsBelow(file, folder) && File.Exists(file)) return file;
        }

        throw new SyncFailureException(SyncFailure.Permanent("errors.connection.file", ("path", path)));
    }

    private static bool IsBelow(string file, string folder)
        => file.StartsWith(Path.EndsInDirectorySeparator(folder) ? folder : folder + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    /// <summary>The path with every link in it followed; null where links go in a circle.</summary>
    private static string? Real(string path)
    {
        var links = 0;
        var rest = new Stack<string>(Parts(Path.GetFullPath(path)));
        var real = Path.GetPathRoot(Path.GetFullPath(path))!;
        while (rest.TryPop(out var part))
        {
            var next = Path.Combine(real, part);
            if (new FileInfo(next).LinkTarget is not { } target)
            {
                real = next;
                continue;
            }

            if (++links > MostLinks) return null;
            var full = Path.GetFullPath(target, real);
            foreach (var inner in Parts(full)) rest.Push(inner);
            real = Path.GetPathRoot(full)!;
        }

        return real;
    }

    /// <summary>The path's parts, last first, as a stack takes them.</summary>
    private static IEnumerable<string> Parts(string full) => full.Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries).Reverse();
}
