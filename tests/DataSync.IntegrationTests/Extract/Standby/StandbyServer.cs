using System.Globalization;
using System.Net;
using System.Net.Sockets;
using DataSync.LocalPostgres;
using Npgsql;

namespace DataSync.IntegrationTests.Extract.Standby;

/// <summary>
/// A PostgreSQL server of its own and a hot standby that replays its log. Whatever is run for it is run by the server itself, as the user who owns its data. A shell looks after the standby and ends it when the
/// primary is gone, which ends with the test process.
/// </summary>
internal sealed class StandbyServer : IAsyncDisposable
{
    private static readonly Lazy<Task<StandbyServer>> Shared = new(() => StartAsync(CancellationToken.None));
    private readonly LocalPostgresServer _primary;
    private readonly NpgsqlDataSource _admin, _standby;

    private StandbyServer(LocalPostgresServer primary, int port)
    {
        (_primary, Port) = (primary, port);
        _admin = NpgsqlDataSource.Create(primary.AdminConnection);
        _standby = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(primary.AdminConnection) { Port = port }.ConnectionString);
    }

    /// <summary>The standby's.</summary>
    public int Port { get; }

    /// <summary>The one of the test run, started when the first test needs it.</summary>
    public static async ValueTask<StandbyServer> GetAsync(CancellationToken ct)
    {
        try
        {
            return await Shared.Value.WaitAsync(ct);
        }
        catch (PostgresUnavailableException e) when (Environment.GetEnvironmentVariable("CI") != "true")
        {
            Assert.Skip(e.Message);
            throw;
        }
    }

    /// <summary>A new database at the primary, with a login that can only read.</summary>
    public async Task<PostgresSource> CreateSourceAsync(CancellationToken ct)
    {
        var name = $"standby_{Guid.CreateVersion7():n}";
        await ExecuteAsync(_admin, $"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'", ct);
        return await PostgresSource.CreateAsync(new NpgsqlConnectionStringBuilder(_primary.AdminConnection) { Database = name }.ConnectionString, ct);
    }

    /// <summary>Waits until the standby has replayed everything that was committed at the primary.</summary>
    public async Task CatchUpAsync(CancellationToken ct)
    {
        var at = await ScalarAsync<string>(_admin, "SELECT pg_current_wal_flush_lsn()::text", ct);
        for (var i = 0; !await ScalarAsync<bool>(_standby, $"SELECT coalesce(pg_last_wal_replay_lsn() >= '{at}'::pg_lsn, false)", ct); i++)
        {
            Assert.True(i < 1200, "The standby does not catch up.");
            await Task.Delay(50, ct);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _standby.DisposeAsync();
        await _admin.DisposeAsync();
        await _primary.DisposeAsync();
    }

    private static async Task<StandbyServer> StartAsync(CancellationToken ct)
    {
        var primary = await LocalPostgresServer.EnsureAsync(LocalPostgresOptions.ForCheckout() with { Cluster = "standby-test", AdminConnection = null, PrivateCluster = true, Disposable = true }, ct);
        var server = new StandbyServer(primary, FreePort());
        var admin = new NpgsqlConnectionStringBuilder(primary.AdminConnection);
        var programs = await ScalarAsync<string>(server._admin, "SELECT setting FROM pg_config WHERE name = 'BINDIR'", ct);
        await ExecuteAsync(server._admin, "COPY (SELECT 'host replication all 127.0.0.1/32 scram-sha-256') TO PROGRAM 'cat >>pg_hba.conf'", ct);
        await ExecuteAsync(server._admin, "SELECT pg_reload_conf()", ct);
        var script = string.Create(
            CultureInfo.InvariantCulture,
            $"""
            cat >/dev/null
            made=no
            for i in 1 2 3 4 5 6 7 8 9 10; do
                rm -rf ../standby
                PGPASSWORD='{admin.Password}' '{programs}/pg_basebackup' -D ../standby -R -N -X stream -c fast -h 127.0.0.1 -p {admin.Port} -U '{admin.Username}' && made=yes && break
                sleep 1
            done
            [ $made = yes ] || exit 1
            '{programs}/pg_ctl' start -D ../standby -l ../standby.log -w -t 60 -s -o '-p {server.Port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=300 -c max_wal_senders=40 -c max_prepared_transactions=10 -c fsync=off' </dev/null || exit 1
            primary=$(head -n 1 postmaster.pid)
            (while kill -0 "$primary"; do sleep 1; done; '{programs}/pg_ctl' stop -D ../standby -m immediate -s; rm -rf ../standby) </dev/null >/dev/null 2>&1 &
            """);
        await ExecuteAsync(server._admin, $"COPY (SELECT 1) TO PROGRAM '{script.Replace("'", "''", StringComparison.Ordinal)}'", ct);
        Assert.True(await ScalarAsync<bool>(server._standby, "SELECT pg_is_in_recovery()", ct));
        return server;
    }

    private static async Task ExecuteAsync(NpgsqlDataSource server, string sql, CancellationToken ct)
    {
        await using var command = server.CreateCommand(sql);
        command.CommandTimeout = 120;
        await command.ExecuteNonQueryAsync(ct);
    }

    private static async Task<T> ScalarAsync<T>(NpgsqlDataSource server, string sql, CancellationToken ct)
    {
        await using var command = server.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync(ct))!;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
