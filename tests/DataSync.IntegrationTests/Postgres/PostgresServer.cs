using DataSync.LocalPostgres;
using DataSync.Platform.Persistence;
using Npgsql;

namespace DataSync.IntegrationTests.Postgres;

/// <summary>
/// The PostgreSQL server of the test run: a superuser's connection, and new empty databases on request. It is looked for once a run,
/// when the first test needs it, and what was started for it ends with the test process.
/// </summary>
internal static class PostgresServer
{
    static readonly Lazy<Task<LocalPostgresServer>> Server = new(() => LocalPostgresServer.EnsureAsync(
        LocalPostgresOptions.ForCheckout() with { Cluster = "test-postgres", Disposable = true }, CancellationToken.None));

    /// <summary>A superuser's connection string to the server's maintenance database.</summary>
    public static async ValueTask<string> AdminAsync(CancellationToken ct) => (await GetAsync(ct)).AdminConnection;

    /// <summary>Makes a database, empty or a copy of another, and returns a superuser's connection string to it.</summary>
    public static async Task<string> CreateDatabaseAsync(string prefix, CancellationToken ct, string? template = null)
    {
        var admin = new NpgsqlConnectionStringBuilder(await AdminAsync(ct));
        var name = $"{prefix}_{Guid.CreateVersion7():n}";
        await using var source = NpgsqlDataSource.Create(admin.ConnectionString);
        await using var command = source.CreateCommand($"CREATE DATABASE \"{name}\" TEMPLATE \"{template ?? "template0"}\" ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'");
        await command.ExecuteNonQueryAsync(ct);
        admin.Database = name;
        return admin.ConnectionString;
    }

    /// <summary>Drops a database made by <see cref="CreateDatabaseAsync"/>, whoever is connected.</summary>
    public static async Task DropDatabaseAsync(string connectionString, CancellationToken ct)
    {
        var name = new NpgsqlConnectionStringBuilder(connectionString).Database;
        await using var source = NpgsqlDataSource.Create(await AdminAsync(ct));
        await using var command = source.CreateCommand($"DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)");
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Makes the three roles and gives them the database, by <c>deploy/postgres/roles.sql</c>.</summary>
    public static async Task<DatabaseOptions> PrepareRolesAsync(string connectionString, CancellationToken ct)
    {
        var database = new NpgsqlConnectionStringBuilder(connectionString).Database ?? throw new ArgumentException("The connection names no database.", nameof(connectionString));
        var roles = await (await GetAsync(ct)).EnsureDatabaseAsync(database, ct);
        return new DatabaseOptions { Connection = roles.App, SystemConnection = roles.System, OwnerConnection = roles.Owner };
    }

    static async Task<LocalPostgresServer> GetAsync(CancellationToken ct)
    {
        try
        {
            return await Server.Value.WaitAsync(ct);
        }
        catch (PostgresUnavailableException e) when (Environment.GetEnvironmentVariable("CI") != "true")
        {
            // On a laptop a missing server is shown as skipped tests; a build server must never pass without having run them.
            Assert.Skip(e.Message);
            throw;
        }
    }
}
