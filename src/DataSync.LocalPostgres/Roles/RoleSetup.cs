using DataSync.LocalPostgres.Shell;
using Npgsql;

namespace DataSync.LocalPostgres.Roles;

/// <summary>Makes a database and hands it to the three roles.</summary>
sealed class RoleSetup(string adminConnection, string folder)
{
    // Any number that nothing else locks by; it says "roles" to whoever meets it in pg_locks.
    const long SetupLock = 0x726f6c6573;

    public async Task<RoleConnections> RunAsync(string database, CancellationToken ct)
    {
        var passwords = RolePasswords.ReadOrCreate(folder, adminConnection);
        await using var admin = await OpenAsync(adminConnection, ct);
        // Roles belong to the whole server: two processes that alter them at once would fail with "tuple concurrently updated".
        await ExecuteAsync(admin, $"SELECT pg_advisory_lock({SetupLock})", ct);
        await CreateDatabaseAsync(admin, database, ct);
        await using var inside = await OpenAsync(For(database), ct);
        await SetPasswordsAsync(inside, passwords, ct);
        await ExecuteAsync(inside, EmbeddedFile.Read("roles.sql"), ct);
        return new RoleConnections(
            For(database, "datasync_owner", passwords.Owner), For(database, "datasync_app", passwords.App), For(database, "datasync_system", passwords.System));
    }

    static async Task CreateDatabaseAsync(NpgsqlConnection admin, string name, CancellationToken ct)
    {
        await using var find = new NpgsqlCommand("SELECT 1 FROM pg_database WHERE datname = $1", admin) { Parameters = { new() { Value = name } } };
        if (await find.ExecuteScalarAsync(ct) is not null) return;
        var quoted = new NpgsqlCommandBuilder().QuoteIdentifier(name);
        await ExecuteAsync(admin, $"CREATE DATABASE {quoted} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'", ct);
    }

    static async Task SetPasswordsAsync(NpgsqlConnection connection, RolePasswords passwords, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            "SELECT set_config('datasync_owner.password', $1, false), set_config('datasync_app.password', $2, false), set_config('datasync_system.password', $3, false)",
            connection)
        {
            Parameters = { new() { Value = passwords.Owner }, new() { Value = passwords.App }, new() { Value = passwords.System } },
        };
        await command.ExecuteNonQueryAsync(ct);
    }

    // Without a pool: the session ends here, with its lock and its passwords.
    static async Task<NpgsqlConnection> OpenAsync(string connectionString, CancellationToken ct)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(ct);
        return connection;
    }

    static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(ct);
    }

    string For(string database) => new NpgsqlConnectionStringBuilder(adminConnection) { Database = database }.ConnectionString;

    string For(string database, string role, string password)
        => new NpgsqlConnectionStringBuilder(adminConnection) { Database = database, Username = role, Password = password }.ConnectionString;
}
