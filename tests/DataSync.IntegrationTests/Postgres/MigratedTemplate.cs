using DataSync.IntegrationTests.Postgres;
using DataSync.Platform.Persistence;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

[assembly: AssemblyFixture(typeof(MigratedTemplate))]

namespace DataSync.IntegrationTests.Postgres;

/// <summary>A database of ours that was migrated once and is copied for each class of tests: copying takes a fraction of what all migrations take.</summary>
public sealed class MigratedTemplate : IAsyncDisposable
{
    private static readonly Lazy<Task<string>> Made = new(() => MakeAsync(CancellationToken.None));

    /// <summary>Makes a copy and returns a superuser's connection string to it.</summary>
    internal static async Task<string> CopyAsync(string prefix, CancellationToken ct)
        => await PostgresServer.CreateDatabaseAsync(prefix, ct, new NpgsqlConnectionStringBuilder(await Made.Value.WaitAsync(ct)).Database);

    public async ValueTask DisposeAsync()
    {
        if (Made is { IsValueCreated: true, Value.IsCompletedSuccessfully: true }) await PostgresServer.DropDatabaseAsync(await Made.Value, CancellationToken.None);
    }

    /// <summary>Nobody may be connected to what is copied, so nobody may connect from here on.</summary>
    private static async Task<string> MakeAsync(CancellationToken ct)
    {
        var admin = await PostgresServer.CreateDatabaseAsync("datasync_template", ct);
        var options = await PostgresServer.PrepareRolesAsync(admin, ct);
        await new Migrator(options, new StoredCompression(NullLogger<StoredCompression>.Instance), NullLogger<Migrator>.Instance).RunAsync(ct);
        var name = new NpgsqlConnectionStringBuilder(admin).Database;
        await using var server = NpgsqlDataSource.Create(await PostgresServer.AdminAsync(ct));
        await using var close = server.CreateCommand($"ALTER DATABASE \"{name}\" ALLOW_CONNECTIONS false");
        await close.ExecuteNonQueryAsync(ct);
        await using var end = server.CreateCommand("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = $1");
        end.Parameters.Add(new NpgsqlParameter<string?> { TypedValue = name });
        await end.ExecuteNonQueryAsync(ct);
        return admin;
    }
}
