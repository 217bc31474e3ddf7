using DataSync.LocalPostgres;
using Npgsql;

namespace DataSync.Faults.Running;

/// <summary>The system's own database, in a private cluster that can be crashed. The rig looks into it past all proxies.</summary>
internal sealed class FaultDatabase : IAsyncDisposable
{
    private readonly LocalPostgresServer _server;
    private readonly string _superuser;

    private FaultDatabase(LocalPostgresServer server, RoleConnections roles, string superuser) => (_server, Roles, _superuser) = (server, roles, superuser);

    public RoleConnections Roles { get; }

    public int Port => new NpgsqlConnectionStringBuilder(_superuser).Port;

    public static async Task<FaultDatabase> CreateAsync(FaultSystemOptions options, CancellationToken ct)
    {
        var server = await LocalPostgresServer.EnsureAsync(
            new LocalPostgresOptions { Folder = options.Local, Cluster = options.Cluster, AdminConnection = null, PrivateCluster = true, Disposable = true }, ct);
        var name = $"datasync_faults_{Guid.CreateVersion7():n}";
        var roles = await server.EnsureDatabaseAsync(name, ct);
        return new FaultDatabase(server, roles, new NpgsqlConnectionStringBuilder(server.AdminConnection) { Database = name, Pooling = false }.ConnectionString);
    }

    /// <summary><c>stop -m immediate</c>: no backend ends its work, nothing is written back.</summary>
    public Task CrashAsync(CancellationToken ct) => _server.CrashAsync(ct);

    public Task StartAgainAsync(CancellationToken ct) => _server.StartAgainAsync(ct);

    /// <summary>Makes storing take its time, so that there is a middle to strike: of a hundred records, one waits.</summary>
    public Task SlowDownAsync(TimeSpan wait, CancellationToken ct) => ExecuteAsync(
        $"""
        CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep({wait.TotalSeconds.ToString(System.Globalization.CultureInfo.InvariantCulture)}); RETURN NEW; END';
        CREATE TRIGGER slow BEFORE INSERT ON sync_data FOR EACH ROW WHEN (NEW.seq % 100 = 0) EXECUTE FUNCTION slow()
        """, ct);

    /// <summary>The first column of every row, as text.</summary>
    public Task<List<string>> ReadAsync(string sql, CancellationToken ct) => Query.ReadAsync(_superuser, sql, ct);

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();

    private async Task ExecuteAsync(string sql, CancellationToken ct) => await ReadAsync(sql, ct);
}
