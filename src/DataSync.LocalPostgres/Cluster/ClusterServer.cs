using System.Net;
using System.Net.Sockets;
using DataSync.LocalPostgres.Lifetime;
using DataSync.LocalPostgres.Secrets;

namespace DataSync.LocalPostgres.Cluster;

/// <summary>A private cluster made with the machine's PostgreSQL programs. The machine's own clusters are never touched.</summary>
sealed class ClusterServer(LocalPostgresOptions options, string folder, IReadOnlyList<Binaries> installed)
{
    static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    readonly Watchdog _watchdog = new(folder, options.Disposable);

    /// <summary>Uses the running server or starts it. The caller holds the start lock and the users' lock.</summary>
    public async Task<ServerAddress> StartAsync(CancellationToken ct)
    {
        var home = await ClusterHome.FindAsync(folder, ct);
        await _watchdog.StartAsync("cluster", home.Folder, ct);
        if (home.Postmaster.RunningPort() is { } running)
            return Address(home, Made(home), running);

        if (options.Disposable && Directory.Exists(home.Folder)) Directory.Delete(home.Folder, recursive: true);
        await home.User.OwnAsync(home.Folder, ct);
        var binaries = await PrepareAsync(home, ct);
        options.Report($"PostgreSQL: starting a private cluster in {home.Folder}");
        var port = await StartServerAsync(home, binaries, ct);
        return Address(home, binaries, port);
    }

    ServerAddress Address(ClusterHome home, Binaries binaries, int port)
        => new("127.0.0.1", port, Password(), $"the private cluster in {home.Folder}", new ClusterControl(home, binaries, ServerOptions(port), _watchdog.UsersLock));

    /// <summary>The programs of the version that runs there.</summary>
    Binaries Made(ClusterHome home) => installed.FirstOrDefault(b => b.Version == new DataFolder(home, options.Disposable).Version) ?? installed[0];

    string SecretPath => Path.Combine(folder, "superuser.password");

    string Password() => SecretFile.ReadOrCreate(SecretPath, SecretFile.NewPassword);

    async Task<Binaries> PrepareAsync(ClusterHome home, CancellationToken ct)
    {
        var data = new DataFolder(home, options.Disposable);
        var binaries = installed[0];
        var isNew = !data.Exists;
        if (isNew)
        {
            options.Report($"PostgreSQL: making a cluster with {binaries.Folder}");
            await data.CreateAsync(binaries, ct);
        }
        else if (data.Version is var made && binaries.Version != made && binaries.Version != 0)
        {
            binaries = installed.FirstOrDefault(b => b.Version == made) ?? throw new PostgresUnavailableException(
                $"{home.Data} was made by PostgreSQL {made}, which is not installed any more: install it, or remove that folder to start anew.");
        }
        home.Postmaster.RemoveStaleFile();
        // A marker beside the data tells that this very password was set in it: it survives a crash between the two steps.
        var marker = Path.Combine(home.Folder, "password-set");
        if (isNew || !File.Exists(SecretPath) || !File.Exists(marker))
        {
            await data.SetPasswordAsync(binaries, Password(), ct);
            await File.WriteAllTextAsync(marker, "", ct);
        }
        return binaries;
    }

    async Task<int> StartServerAsync(ClusterHome home, Binaries binaries, CancellationToken ct)
    {
        const int Attempts = 20;
        var said = "";
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var port = FreePort();
            if (File.Exists(home.Log)) File.Delete(home.Log);
            // pg_ctl holds the users' lock too: should this process be killed now, the watchdog still waits for the server it is to stop.
            var started = await Shell.Command.RunAsync(
                ["flock", "-s", "-o", _watchdog.UsersLock, .. home.User.Prefix,
                 binaries["pg_ctl"], "start", "-D", home.Data, "-l", home.Log, "-w", "-t", "60", "-s", "-o", ServerOptions(port)],
                Limit, ct);
            if (started.Succeeded) return port;
            said = File.Exists(home.Log) ? await File.ReadAllTextAsync(home.Log, ct) : started.LastLine;
            // The port was taken in the meantime, or the last processes of a crashed server are still going.
            var passes = said.Contains("Address already in use", StringComparison.Ordinal) || said.Contains("still in use", StringComparison.Ordinal);
            if (!passes) break;
            await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System, ct);
        }
        var fatal = said.Split('\n').LastOrDefault(line => line.Contains("FATAL", StringComparison.Ordinal)) ?? said.Trim();
        throw new PostgresUnavailableException($"The private cluster did not start ({fatal.Trim()}); its log is {home.Log}");
    }

    string ServerOptions(int port)
    {
        var common = $"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=300 -c timezone=UTC -c max_wal_size=4GB -c checkpoint_timeout=15min";
        return options.Disposable ? common + " -c fsync=off -c full_page_writes=off -c wal_level=logical -c max_wal_senders=40 -c max_replication_slots=40 -c max_prepared_transactions=10" : common;
    }

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
