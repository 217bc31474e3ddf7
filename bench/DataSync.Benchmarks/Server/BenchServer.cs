using System.Globalization;
using System.Security.Cryptography;
using DataSync.Benchmarks.Measuring;
using Npgsql;

namespace DataSync.Benchmarks.Server;

/// <summary>The server the cases run on. Databases and logins made here go when it is disposed.</summary>
internal sealed class BenchServer : IAsyncDisposable
{
    private readonly List<string> _databases = [];
    private readonly List<string> _logins = [];

    private BenchServer(Database admin, string version, int? postmaster)
        => (Admin, Version, Cpu, Psql) = (admin, version, new ServerCpu(postmaster), Psql.Find(postmaster));

    public Database Admin { get; }

    public string Version { get; }

    public ServerCpu Cpu { get; }

    public Psql Psql { get; }

    /// <summary>Connects by <c>DATASYNC_ADMIN_CONNECTION</c>. Its processes are found by <c>DATASYNC_BENCH_PGDATA</c> or by our own backend's parent.</summary>
    public static async Task<BenchServer> ConnectAsync(CancellationToken ct)
    {
        if (Environment.GetEnvironmentVariable("DATASYNC_ADMIN_CONNECTION") is not { Length: > 0 } given)
            throw new BenchmarkException("Run ./dev bench, or set DATASYNC_ADMIN_CONNECTION to a PostgreSQL superuser's connection string.");
        var admin = new Database(given);
        await using var connection = new NpgsqlConnection(given + ";Pooling=false");
        await connection.OpenAsync(ct);
        return new BenchServer(admin, connection.PostgreSqlVersion.ToString(), Postmaster(connection.ProcessID));
    }

    /// <summary>Makes an empty database.</summary>
    public async Task<Database> CreateDatabaseAsync(string purpose, CancellationToken ct)
    {
        var name = NewName(purpose);
        await Admin.ExecuteAsync($"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'", ct);
        Adopt(name);
        return At(name);
    }

    public static string NewName(string purpose) => $"datasync_bench_{purpose}_{RandomNumberGenerator.GetHexString(8, lowercase: true)}";

    /// <summary>Makes a login that can read the database and nothing else, as a source's login should.</summary>
    public async Task<NpgsqlConnectionStringBuilder> CreateReaderAsync(Database database, CancellationToken ct)
    {
        var (login, password) = (NewName("reader"), RandomNumberGenerator.GetHexString(32, lowercase: true));
        await CreateLoginAsync(login, password, ct);
        await database.ExecuteAsync($"REVOKE CREATE ON SCHEMA public FROM PUBLIC; GRANT SELECT ON ALL TABLES IN SCHEMA public TO \"{login}\"", ct);
        return new NpgsqlConnectionStringBuilder(database.ConnectionString) { Username = login, Password = password };
    }

    /// <summary>Makes a login without any right; dropped at the end.</summary>
    public async Task CreateLoginAsync(string login, string password, CancellationToken ct)
    {
        await Admin.ExecuteAsync($"CREATE ROLE \"{login}\" LOGIN PASSWORD '{password}'", ct);
        _logins.Add(login);
    }

    public Database At(string name) => new(new NpgsqlConnectionStringBuilder(Admin.ConnectionString) { Database = name }.ConnectionString);

    /// <summary>Takes on a database that others made: it is dropped at the end.</summary>
    public void Adopt(string name) => _databases.Add(name);

    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        foreach (var name in _databases) await Admin.ExecuteAsync($"DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)", CancellationToken.None);
        foreach (var login in _logins) await Admin.ExecuteAsync($"DROP ROLE IF EXISTS \"{login}\"", CancellationToken.None);
    }

    private static int? Postmaster(int backend)
    {
        var pid = Environment.GetEnvironmentVariable("DATASYNC_BENCH_PGDATA") is { Length: > 0 } folder && File.Exists(Path.Combine(folder, "postmaster.pid"))
            ? int.Parse(File.ReadLines(Path.Combine(folder, "postmaster.pid")).First(), CultureInfo.InvariantCulture)
            : ProcessFiles.Parent(backend);
        return pid > 1 && ProcessFiles.CommandLine(pid).Contains("postgres", StringComparison.Ordinal) ? pid : null;
    }
}
