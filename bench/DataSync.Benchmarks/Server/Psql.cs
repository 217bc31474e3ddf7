using DataSync.Benchmarks.Measuring;
using Npgsql;

namespace DataSync.Benchmarks.Server;

/// <summary>PostgreSQL's own client: what the limits are made of.</summary>
internal sealed record Psql(string Program)
{
    /// <summary>Writes text as it is: a quote and a delimiter that JSON never holds.</summary>
    public const string PlainLines = "(FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')";

    /// <summary>The one beside the server's programs, so that both are of one version; else of PATH.</summary>
    public static Psql Find(int? postmaster)
    {
        var folders = new List<string?> { postmaster is { } pid ? Path.GetDirectoryName(ExecutableOf(pid)) : null };
        if (Directory.Exists("/usr/lib/postgresql")) folders.AddRange(Directory.GetDirectories("/usr/lib/postgresql").OrderDescending(StringComparer.Ordinal).Select(f => Path.Combine(f, "bin")));
        folders.AddRange((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'));
        return folders.OfType<string>().Select(folder => Path.Combine(folder, "psql")).FirstOrDefault(File.Exists) is { } found
            ? new Psql(found)
            : throw new BenchmarkException("psql is missing: install PostgreSQL's client (Debian: postgresql-client).");
    }

    /// <summary>Runs statements, one after the other, in one session.</summary>
    public ChildProcess Run(Database database, params string[] statements)
        => new([Program, .. Arguments(statements)], Session(database.Parameters));

    /// <summary>Runs a shell's line of commands of <see cref="Shell"/>, which all go to the server of <paramref name="database"/>.</summary>
    public static ChildProcess RunShell(Database database, string line) => new(["/bin/sh", "-e", "-c", line], Session(database.Parameters));

    /// <summary>The command as a shell reads it. Who connects is in the environment, where no list of processes shows it.</summary>
    public string Shell(Database database, params string[] statements)
        => $"PGDATABASE={Quote(database.Name)} " + string.Join(' ', new[] { Program }.Concat(Arguments(statements)).Select(Quote));

    /// <summary>What psql takes from the environment to connect.</summary>
    public static IReadOnlyDictionary<string, string> Session(NpgsqlConnectionStringBuilder connection) => new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["PGHOST"] = connection.Host ?? "localhost",
        ["PGPORT"] = $"{connection.Port}",
        ["PGUSER"] = connection.Username ?? "postgres",
        ["PGPASSWORD"] = connection.Password ?? "",
        ["PGDATABASE"] = connection.Database ?? "postgres",
        ["PGCLIENTENCODING"] = "UTF8",
    };

    private static IEnumerable<string> Arguments(string[] statements) => ["-X", "-q", "-v", "ON_ERROR_STOP=1", .. statements.SelectMany(s => new[] { "-c", s })];

    private static string Quote(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    private static string? ExecutableOf(int pid)
    {
        try
        {
            return ProcessFiles.Executable(pid);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
