using System.Text.Json;
using DataSync.Extract;
using DataSync.IntegrationTests.MariaDb;
using DataSync.Pipeline.Connectors;
using DataSync.Platform.Http.Egress;
using Microsoft.Extensions.Options;
using MySql = DataSync.Extract.Connectors.MySql;

namespace DataSync.IntegrationTests.Extract;

/// <summary>A tenant's MariaDB database with a login that can only read, and the connector that may reach it.</summary>
internal sealed class MySqlSource : IAsyncDisposable
{
    private readonly MariaDbServer _server;

    private MySqlSource(MariaDbServer server, string database)
    {
        (_server, Database) = (server, database);
        Login = $"reader_{Guid.CreateVersion7():n}";
        Password = $"pw-{Guid.CreateVersion7():n}'\\";
    }

    public string Database { get; }

    public string Login { get; }

    public string Password { get; }

    public int Port => _server.Port;

    public SourceConnection Connection => ConnectionAs(Login, Password);

    public static MySql.MySqlConnector Connector(bool allowWritable = false, string egress = "127.0.0.0/8,::1/128", string tlsExceptions = "127.0.0.1,localhost") => new(
        new EgressPolicy(Options.Create(new EgressOptions { Allow = egress }), static async (host, ct) => await System.Net.Dns.GetHostAddressesAsync(host, ct)),
        Options.Create(new ExtractOptions { TlsExceptions = tlsExceptions, AllowWritableSources = allowWritable }),
        TimeProvider.System);

    public static async Task<MySqlSource> CreateAsync(CancellationToken ct) => await CreateAsync(await MariaDbServer.GetAsync(ct), ct);

    public static async Task<MySqlSource> CreateAsync(MariaDbServer server, CancellationToken ct)
    {
        var source = new MySqlSource(server, await server.CreateDatabaseAsync("extract", ct));
        await source.MakeLoginAsync(source.Login, "SELECT", ct);
        return source;
    }

    /// <summary>Makes a login with these privileges on the database and the password of all.</summary>
    public async Task MakeLoginAsync(string login, string privileges, CancellationToken ct)
        => await ExecuteAsync($"CREATE USER {login} IDENTIFIED BY '{Password.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "''", StringComparison.Ordinal)}'; GRANT {privileges} ON {Database}.* TO {login}", ct);

    public SourceConnection ConnectionAs(string username, string password, string? host = null, int? port = null, string? database = null, string tls = "disable", params (string Name, string Value)[] more)
    {
        var parameters = JsonSerializer.SerializeToNode(new { driver = "mysql", host = host ?? MariaDbServer.Host, port = port ?? Port, database = database ?? Database, username, password, tls })!.AsObject();
        foreach (var (name, value) in more) parameters[name] = value;
        return new SourceConnection("mysql", JsonSerializer.SerializeToElement(parameters));
    }

    /// <summary>Runs statements as root.</summary>
    public Task<string> ExecuteAsync(string sql, CancellationToken ct) => _server.ExecuteAsync(sql, ct, Database);

    public async ValueTask DisposeAsync() => await ExecuteAsync($"DROP DATABASE `{Database}`; DROP USER {Login}", CancellationToken.None);
}
