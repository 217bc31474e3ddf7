using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace DataSync.IntegrationTests.Extract.Odbc;

/// <summary>
/// The tests' own registry of ODBC: unixODBC finds it by an environment that it looks at once, so that is set before anything else runs. What .NET sets in
/// its environment stays in .NET; a library sees only what <c>setenv</c> sets.
/// </summary>
internal static partial class OdbcRegistrations
{
    public const string Postgres = "PostgreSQL Test", MariaDb = "MariaDB Test", Sqlite = "SQLite Test", PostgresAnsi = "PostgreSQL ANSI Test", Broken = "Broken Test";

    /// <summary>Every driver there is, as <c>DATASYNC_ODBC_DRIVERS</c> names them.</summary>
    public const string All = $"{Postgres},{MariaDb},{Sqlite},{PostgresAnsi},{Broken}";

    private static readonly Lock Gate = new();
    private static int _sources;

    public static string Folder { get; } = Directory.CreateTempSubdirectory("datasync-odbc-").FullName;

    /// <summary>What a process of the host is told, so that it knows these registrations and may use every driver.</summary>
    public static IEnumerable<(string Name, string Value)> Settings
        => [("ODBCSYSINI", Folder), ("ODBCINI", Path.Combine(Folder, "none.ini")), ("DATASYNC_ODBC_DRIVERS", All)];

    [ModuleInitializer]
    internal static void SetEnvironment()
    {
        if (!OperatingSystem.IsLinux()) return;
        Assert.Equal(0, SetEnv("ODBCSYSINI", Folder, 1));
        Assert.Equal(0, SetEnv("ODBCINI", Path.Combine(Folder, "none.ini"), 1));
        File.WriteAllText(Path.Combine(Folder, "odbcinst.ini"), $"[{Postgres}]\nDriver={Library("psqlodbcw.so")}\n[{MariaDb}]\nDriver={Library("libmaodbc.so")}\n[{Sqlite}]\nDriver={Library("libsqlite3odbc.so")}\n[{PostgresAnsi}]\nDriver={Library("psqlodbca.so")}\n[{Broken}]\nDriver=/nowhere/lib.so\n");
        File.WriteAllText(Path.Combine(Folder, "odbc.ini"), "");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(Folder, recursive: true);
    }

    /// <summary>Registers a data source of a name of its own, and returns that name.</summary>
    public static string Add(string driver, params (string Name, object Value)[] attributes)
    {
        var file = driver switch
        {
            Postgres => Library("psqlodbcw.so"),
            PostgresAnsi => Library("psqlodbca.so"),
            MariaDb => Library("libmaodbc.so"),
            Sqlite => Library("libsqlite3odbc.so"),
            _ => Folder,
        };
        if (!File.Exists(file) && !Directory.Exists(file))
        {
            // As with PostgreSQL: shown as skipped on a laptop, and a failure on a build server.
            var text = $"{file} is not there (Debian, Ubuntu: sudo apt-get install unixodbc odbc-postgresql odbc-mariadb libsqliteodbc)";
            Assert.False(Environment.GetEnvironmentVariable("CI") == "true", text);
            Assert.Skip(text);
        }

        lock (Gate)
        {
            var name = $"source-{++_sources}";
            File.AppendAllText(Path.Combine(Folder, "odbc.ini"), $"[{name}]\nDriver={driver}\n{string.Concat(attributes.Select(a => $"{a.Name}={a.Value}\n"))}");
            return name;
        }
    }

    private static string Library(string name)
        => new[] { "/usr/lib/x86_64-linux-gnu/odbc", "/usr/lib/aarch64-linux-gnu/odbc", "/usr/lib64", "/usr/lib/odbc" }.Select(f => Path.Combine(f, name)).FirstOrDefault(File.Exists) ?? $"/usr/lib/odbc/{name}";

    [DllImport("libc", EntryPoint = "setenv", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    private static extern int SetEnv(string name, string value, int overwrite);
}
