using System.Globalization;

namespace DataSync.LocalPostgres.Cluster;

/// <summary>The folder of a PostgreSQL installation's server programs.</summary>
sealed record Binaries(string Folder, int Version)
{
    static readonly string[] Roots = ["/usr/lib/postgresql", "/usr/local/lib/postgresql"];

    public string this[string program] => Path.Combine(Folder, program);

    /// <summary>Every installation on this machine, the newest first; those in PATH come last.</summary>
    public static IReadOnlyList<Binaries> FindAll() => FindAll(Roots, Environment.GetEnvironmentVariable("PATH") ?? "");

    internal static IReadOnlyList<Binaries> FindAll(IEnumerable<string> roots, string path)
        => [.. roots.Where(Directory.Exists).SelectMany(Directory.EnumerateDirectories)
                .Select(folder => Complete(Path.Combine(folder, "bin"), Number(Path.GetFileName(folder))))
                .OfType<Binaries>().OrderByDescending(b => b.Version)
            .Concat(path.Split(':', StringSplitOptions.RemoveEmptyEntries).Select(folder => Complete(folder, version: 0)).OfType<Binaries>())];

    static Binaries? Complete(string folder, int version)
        => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "pg_ctl")) && File.Exists(Path.Combine(folder, "postgres"))
            ? new Binaries(folder, version)
            : null;

    static int Number(string name) => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
