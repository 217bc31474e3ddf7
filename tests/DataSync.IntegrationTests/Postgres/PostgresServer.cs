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
}
