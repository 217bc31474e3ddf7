using DataSync.Benchmarks.Server;
using DataSync.LocalPostgres;
using DataSync.Platform.Persistence;
using Microsoft.Extensions.Logging.Abstractions;

namespace DataSync.Benchmarks.Ours;

/// <summary>A database of DataSync's, with its roles, made for one case.</summary>
internal sealed record SystemDatabase(Database Superuser, RoleConnections Roles)
{
    public static async Task<SystemDatabase> CreateAsync(BenchServer server, string checkout, CancellationToken ct)
    {
        // The folder and the cluster that ./dev bench keeps the roles' passwords under.
        var options = new LocalPostgresOptions { Folder = Path.Combine(checkout, ".datasync"), Cluster = "bench-postgres", AdminConnection = server.Admin.ConnectionString };
        await using var postgres = await LocalPostgresServer.EnsureAsync(options, ct);
        var name = BenchServer.NewName("system");
        server.Adopt(name);
        return new SystemDatabase(server.At(name), await postgres.EnsureDatabaseAsync(name, ct));
    }

    /// <summary>Brings our tables up to this version, without Hangfire's: enough where no host runs.</summary>
    public Task MigrateAsync(CancellationToken ct)
        => new Migrator(new DatabaseOptions { OwnerConnection = Roles.Owner }, new StoredCompression(NullLogger<StoredCompression>.Instance), NullLogger<Migrator>.Instance).RunAsync(ct);

    /// <summary>The table that limits write into: the columns and the key of <c>sync_data</c>, and none of its walls.</summary>
    public Task MakePlainTableAsync(CancellationToken ct)
        => Superuser.ExecuteAsync("CREATE TABLE public.plain (LIKE public.sync_data INCLUDING DEFAULTS INCLUDING INDEXES)", ct);

    public IReadOnlyDictionary<string, string> Settings => new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["DATASYNC_CONNECTION"] = Roles.App,
        ["DATASYNC_SYSTEM_CONNECTION"] = Roles.System,
    };
}
