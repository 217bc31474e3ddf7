using System.Collections.Concurrent;
using DataSync.LocalPostgres.Cluster;
using DataSync.LocalPostgres.Roles;
using Npgsql;

namespace DataSync.LocalPostgres;

/// <summary>
/// A PostgreSQL server for developing and testing: the one given, else one in Docker, else a private cluster. Whatever was started
/// for it ends when its last user ends, also by kill -9. Several processes that ask for the same cluster share it.
/// </summary>
public sealed class LocalPostgresServer : IAsyncDisposable
{
    // Rooted until disposed: were a forgotten server collected, its lock would go and the server with it.
    static readonly ConcurrentDictionary<LocalPostgresServer, bool> Held = new();

    readonly string _folder;
    readonly ServerLease? _lease;
    readonly ClusterControl? _control;

    LocalPostgresServer(string folder, string admin, string description, ServerLease? lease, ClusterControl? control = null)
    {
        (_folder, AdminConnection, Description, _lease, _control) = (folder, admin, description, lease, control);
        Held.TryAdd(this, true);
    }

    /// <summary>A superuser's connection string to the maintenance database.</summary>
    public string AdminConnection { get; }

    /// <summary>Which server it is, for people.</summary>
    public string Description { get; }

    /// <summary>
    /// Finds a server or starts one: the given connection, a Docker engine, local binaries, Debian's package, in this order.
    /// Keep the result for as long as the server is needed.
    /// </summary>
    /// <exception cref="PostgresUnavailableException">There is none; the message says what to install.</exception>
    public static async Task<LocalPostgresServer> EnsureAsync(LocalPostgresOptions options, CancellationToken ct)
    {
        var folder = Path.Combine(Path.GetFullPath(options.Folder), options.Cluster);
        MakeFolder(folder);
        if (options.AdminConnection is { Length: > 0 } given)
            return await ConnectAsync(new LocalPostgresServer(folder, given, "the server of DATASYNC_ADMIN_CONNECTION", null), ct);
        if (!OperatingSystem.IsLinux())
            throw new PostgresUnavailableException("Only Linux can start PostgreSQL by itself: start one and set DATASYNC_ADMIN_CONNECTION to its superuser.");

        var lease = await ServerLease.TakeAsync(folder, ct);
        try
        {
            var server = await new ServerSearch(options, folder).FindAsync(ct);
            var postgres = await ConnectAsync(new LocalPostgresServer(folder, server.AdminConnection, server.Description, lease, server.Control), ct);
            lease.StartIsOver();
            return postgres;
        }
        catch
        {
            await lease.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes the database and the three roles unless they are there, by <c>deploy/postgres/roles.sql</c>.</summary>
    public Task<RoleConnections> EnsureDatabaseAsync(string name, CancellationToken ct) => new RoleSetup(AdminConnection, _folder).RunAsync(name, ct);

    /// <summary>Ends the server as a crash would (<c>stop -m immediate</c>). Only a <see cref="LocalPostgresOptions.PrivateCluster"/> can be crashed.</summary>
    public Task CrashAsync(CancellationToken ct) => Control.CrashAsync(ct);

    /// <summary>Starts a crashed server again, at the same address.</summary>
    public Task StartAgainAsync(CancellationToken ct) => Control.StartAsync(ct);

    ClusterControl Control => _control ?? throw new PostgresUnavailableException($"{Description} is not ours to stop: ask for a private cluster.");

    /// <summary>Lets go of the server; if this was its last user, waits until it has ended.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!Held.TryRemove(this, out _)) return;
        NpgsqlConnection.ClearAllPools();
        if (_lease is not null) await _lease.DisposeAsync();
    }

    static void MakeFolder(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            File.WriteAllText(Path.Combine(folder, ".writable"), "");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PostgresUnavailableException($"{folder} cannot be written to: remove it or run as its owner.", e);
        }
    }

    static async Task<LocalPostgresServer> ConnectAsync(LocalPostgresServer postgres, CancellationToken ct)
    {
        const int OldestVersion = 14;
        try
        {
            var version = await ServerProbe.VersionAsync(postgres.AdminConnection, ct);
            if (version.Major >= OldestVersion) return postgres;
            throw new PostgresUnavailableException($"PostgreSQL {version} is too old: {OldestVersion} or newer is needed ({postgres.Description}).");
        }
        catch (NpgsqlException e)
        {
            throw new PostgresUnavailableException($"No connection to {postgres.Description}: {e.Message}", e);
        }
    }
}
