using System.Text.Json;
using DataSync.Extract;
using DataSync.Extract.Connectors.Postgres;
using DataSync.IntegrationTests.Postgres;
using DataSync.Pipeline.Connectors;
using DataSync.Platform.Http.Egress;
using Microsoft.Extensions.Options;
using Npgsql;

namespace DataSync.IntegrationTests.Extract;

/// <summary>A tenant's PostgreSQL database with a login that can only read, and the connector that may reach it.</summary>
internal sealed class PostgresSource : IAsyncDisposable
{
    private readonly NpgsqlConnectionStringBuilder _admin;

    private PostgresSource(string connectionString)
    {
        _admin = new NpgsqlConnectionStringBuilder(connectionString);
        Admin = NpgsqlDataSource.Create(connectionString);
        Login = $"reader_{Guid.CreateVersion7():n}";
        Password = $"pw-{Guid.CreateVersion7():n}";
    }

    /// <summary>A superuser in the database.</summary>
    public NpgsqlDataSource Admin { get; }

    public string Login { get; }

    public string Password { get; }

    public SourceConnection Connection => ConnectionAs(Login, Password);

    public static PostgresConnector Connector(bool allowWritable = false, string egress = "127.0.0.0/8,::1/128", string tlsExceptions = "127.0.0.1,localhost") => new(
        new EgressPolicy(Options.Create(new EgressOptions { Allow = egress }), static async (host, ct) => await System.Net.Dns.GetHostAddressesAsync(host, ct)),
        Options.Create(new ExtractOptions { TlsExceptions = tlsExceptions, AllowWritableSources = allowWritable }),
        TimeProvider.System);

    public static async Task<PostgresSource> CreateAsync(CancellationToken ct) => await CreateAsync(await PostgresServer.CreateDatabaseAsync("extract", ct), ct);

    /// <summary>In an empty database that was made for it.</summary>
    public static async Task<PostgresSource> CreateAsync(string superuser, CancellationToken ct)
    {
        var source = new PostgresSource(superuser);
        await source.ExecuteAsync(
            $"""
            REVOKE CREATE ON SCHEMA public FROM PUBLIC;
            CREATE ROLE {source.Login} LOGIN PASSWORD '{source.Password}';
            ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO {source.Login};
            """,
            ct);
        return source;
    }

    public SourceConnection ConnectionAs(string username, string password, string? host = null, int? port = null, string? database = null, string tls = "disable")
        => new("postgresql", JsonSerializer.SerializeToElement(new
        {
            driver = "postgresql",
            host = host ?? _admin.Host,
            port = port ?? _admin.Port,
            database = database ?? _admin.Database,
            username,
            password,
            tls,
        }));

    public async Task ExecuteAsync(string sql, CancellationToken ct)
    {
        await using var command = Admin.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Has the server end every session of the login.</summary>
    public Task EndSessionsAsync(CancellationToken ct) => ScalarAsync<long>($"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = '{Login}'", ct);

    public async Task<T> ScalarAsync<T>(string sql, CancellationToken ct)
    {
        await using var command = Admin.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync(ct))!;
    }

    public async ValueTask DisposeAsync()
    {
        await ExecuteAsync($"DROP OWNED BY {Login}; DROP ROLE {Login}", CancellationToken.None);
        await Admin.DisposeAsync();
        await using var server = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(_admin.ConnectionString) { Database = "postgres" }.ConnectionString);
        await using var drop = server.CreateCommand($"DROP DATABASE IF EXISTS \"{_admin.Database}\" WITH (FORCE)");
        await drop.ExecuteNonQueryAsync();
    }
}
