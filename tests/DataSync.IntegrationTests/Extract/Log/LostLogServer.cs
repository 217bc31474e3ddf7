using DataSync.LocalPostgres;
using Npgsql;

namespace DataSync.IntegrationTests.Extract.Log;

/// <summary>A PostgreSQL server for one test, which may set what concerns all of its slots.</summary>
internal sealed class LostLogServer : IAsyncDisposable
{
    private readonly LocalPostgresServer _server;

    private LostLogServer(LocalPostgresServer server, string superuser) => (_server, Superuser) = (server, superuser);

    /// <summary>A superuser's connection string to an empty database.</summary>
    public string Superuser { get; }

    public static async Task<LostLogServer> StartAsync(CancellationToken ct)
    {
        LocalPostgresServer server;
        try
        {
            server = await LocalPostgresServer.EnsureAsync(LocalPostgresOptions.ForCheckout() with { Cluster = "lost-log", AdminConnection = null, PrivateCluster = true, Disposable = true }, ct);
        }
        catch (PostgresUnavailableException e) when (Environment.GetEnvironmentVariable("CI") != "true")
        {
            Assert.Skip(e.Message);
            throw;
        }

        await using var admin = NpgsqlDataSource.Create(server.AdminConnection);
        await using var make = admin.CreateCommand("CREATE DATABASE lost_log TEMPLATE template0 ENCODING 'UTF8'");
        await make.ExecuteNonQueryAsync(ct);
        return new LostLogServer(server, new NpgsqlConnectionStringBuilder(server.AdminConnection) { Database = "lost_log" }.ConnectionString);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
