using DataSync.Platform.Persistence;
using Npgsql;

namespace DataSync.IntegrationTests.Postgres;

/// <summary>The PostgreSQL server of the test run: a superuser's connection, and new empty databases on request.</summary>
internal static class PostgresServer
{
    /// <summary>A superuser's connection string to the server's maintenance database.</summary>
    public static ValueTask<string> AdminAsync(CancellationToken ct)
        => Environment.GetEnvironmentVariable("DATASYNC_ADMIN_CONNECTION") is { Length: > 0 } given
            ? ValueTask.FromResult(given)
            : throw new InvalidOperationException("Set DATASYNC_ADMIN_CONNECTION to a superuser's connection string.");

    /// <summary>Makes an empty database and returns a superuser's connection string to it.</summary>
    public static async Task<string> CreateDatabaseAsync(string prefix, CancellationToken ct)
    {
        var admin = new NpgsqlConnectionStringBuilder(await AdminAsync(ct));
        var name = $"{prefix}_{Guid.CreateVersion7():n}";
        await using var source = NpgsqlDataSource.Create(admin.ConnectionString);
        await using var command = source.CreateCommand($"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'");
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

    /// <summary>Makes the three roles (once for the server) and gives them the database, as <c>deploy/postgres/roles.sql</c> does.</summary>
    public static async Task<DatabaseOptions> PrepareRolesAsync(string connectionString, CancellationToken ct)
    {
        var database = new NpgsqlConnectionStringBuilder(connectionString);
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var command = source.CreateCommand($"""
            DO $$ BEGIN
                PERFORM pg_advisory_xact_lock(4711);
                IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'datasync_owner') THEN CREATE ROLE datasync_owner LOGIN; END IF;
                IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'datasync_app') THEN CREATE ROLE datasync_app LOGIN; END IF;
                IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'datasync_system') THEN CREATE ROLE datasync_system LOGIN; END IF;
            END $$;
            ALTER DATABASE "{database.Database}" OWNER TO datasync_owner;
            ALTER SCHEMA public OWNER TO datasync_owner;
            """);
        await command.ExecuteNonQueryAsync(ct);
        string As(string role) => new NpgsqlConnectionStringBuilder(connectionString) { Username = role }.ConnectionString;
        return new DatabaseOptions { Connection = As("datasync_app"), SystemConnection = As("datasync_system"), OwnerConnection = As("datasync_owner") };
    }
}
