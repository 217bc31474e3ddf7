namespace DataSync.Dev.Start;

/// <summary>
/// The host is run from a copy: a build writes over the files in <c>bin</c>, and a running process, or a worker started again half way,
/// would load a mixture of both.
/// </summary>
static class HostCopy
{
    public static string Make(Checkout checkout, string runFolder)
    {
        var assembly = checkout.Assembly("src", "DataSync.Host");
        var from = Path.GetDirectoryName(assembly)!;
        var to = Path.Combine(runFolder, "host");
        if (Directory.Exists(to)) Directory.Delete(to, recursive: true);
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
        return Path.Combine(to, Path.GetFileName(assembly));
    }
}
