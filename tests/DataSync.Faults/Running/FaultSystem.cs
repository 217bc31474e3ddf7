using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using DataSync.Faults.Wire;
using Npgsql;

namespace DataSync.Faults.Running;

/// <summary>The system as it runs in production, and made to be hurt: an API and two workers as processes, a proxy between each kind and their own PostgreSQL.</summary>
internal sealed class FaultSystem : IAsyncDisposable
{
    public const string Tenant = "faults";
    private static readonly TimeSpan ReadyLimit = TimeSpan.FromSeconds(60);
    private const string Held = "sync_jobs j JOIN pg_stat_activity a ON a.pid = j.lease_pid AND a.backend_start = j.lease_backend_start WHERE j.status = 'running'";
    private readonly string _folder;
    private readonly Dictionary<string, string> _settings;
    private readonly List<HostProcess> _ended = [];
    private readonly Dictionary<string, HostProcess> _workers = new(StringComparer.Ordinal);
    private IReadOnlyDictionary<string, string> _workerSettings = new Dictionary<string, string>(StringComparer.Ordinal);
    private HostProcess? _api;
    private int _started;

    private FaultSystem(FaultSystemOptions options, FaultDatabase database, ExportVolume volume, string folder)
    {
        (Options, Database, Volume, _folder) = (options, database, volume, folder);
        (ApiProxy, WorkerProxy) = (new CommitProxy(database.Port), new CommitProxy(database.Port));
        var (key, address) = (RandomNumberGenerator.GetBytes(32), new Uri($"http://127.0.0.1:{FreePort()}"));
        _settings = FaultSettings.Common(options, volume.Root, TempFolder, key, address);
        Client = new FaultClient(address, DevelopmentToken.Issue(key, Tenant));
    }

    public FaultSystemOptions Options { get; }

    public FaultDatabase Database { get; }

    public ExportVolume Volume { get; }

    public FaultClient Client { get; }

    public CommitProxy ApiProxy { get; }

    public CommitProxy WorkerProxy { get; }

    /// <summary>Where the processes put temporary files, if any.</summary>
    public string TempFolder => Path.Combine(_folder, "tmp");

    public static async Task<FaultSystem> StartAsync(FaultSystemOptions options, CancellationToken ct)
    {
        var database = await FaultDatabase.CreateAsync(options, ct);
        var folder = Directory.CreateTempSubdirectory("datasync-faults-").FullName;
        Directory.CreateDirectory(Path.Combine(folder, "tmp"));
        var system = new FaultSystem(options, database, await ExportVolume.CreateAsync(Path.Combine(folder, "exports"), ct), folder);
        try
        {
            await system.StartProcessesAsync(ct);
            return system;
        }
        catch
        {
            await system.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the workers anew where they need other settings than they have.</summary>
    public async Task SetWorkersAsync(IReadOnlyDictionary<string, string> settings, CancellationToken ct)
    {
        if (settings.Count == _workerSettings.Count && settings.All(s => _workerSettings.TryGetValue(s.Key, out var value) && value == s.Value)) return;
        _workerSettings = settings;
        foreach (var name in _workers.Keys.ToList()) await KillAsync(name, ct);
    }

    /// <summary>kill -9 of a worker; another is started in its place.</summary>
    public async Task KillAsync(string name, CancellationToken ct)
    {
        var worker = Take(name);
        StartWorker();
        await worker.KillAsync(ct);
    }

    public HostProcess Worker(string name) => _workers[name];

    /// <summary>The workers alive that hold running jobs, by the sessions that the jobs' leases name.</summary>
    public async Task<IReadOnlyList<string>> HoldersAsync(CancellationToken ct) => [.. (await Database.ReadAsync(
        $"SELECT DISTINCT a.application_name FROM {Held} ORDER BY 1", ct)).Where(_workers.ContainsKey)];

    /// <summary>The running jobs a worker holds, each with the fence it holds it by.</summary>
    public Task<List<string>> HeldAsync(string worker, CancellationToken ct) => Database.ReadAsync($"SELECT j.id || ' ' || j.fence FROM {Held} AND a.application_name = '{worker}'", ct);

    /// <summary>Jobs that are queued or running.</summary>
    public async Task<int> UnfinishedAsync(CancellationToken ct) => (await Database.ReadAsync("SELECT id FROM sync_jobs WHERE status IN ('queued', 'running')", ct)).Count;

    /// <summary>The last words of every process, for a report of what went wrong.</summary>
    public string Logs(int lines) => string.Join('\n', _ended.Append(_api).Concat(_workers.Values).OfType<HostProcess>().Select(p => $"--- process {p.Id}\n{string.Join('\n', p.Log.Split('\n').TakeLast(lines))}"));

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        foreach (var process in _workers.Values.Concat(_ended).Append(_api).OfType<HostProcess>()) await process.DisposeAsync();
        await ApiProxy.DisposeAsync();
        await WorkerProxy.DisposeAsync();
        await Volume.DisposeAsync();
        await Database.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task StartProcessesAsync(CancellationToken ct)
    {
        var owner = new Dictionary<string, string>(_settings, StringComparer.Ordinal) { ["DATASYNC_ROLE"] = "migrate", ["DATASYNC_OWNER_CONNECTION"] = Database.Roles.Owner };
        await using (var migrate = HostProcess.Start(owner))
        {
            await migrate.ExitAsync(ct);
            if (migrate.ExitCode != 0) throw new FaultException($"The database was not migrated: {migrate.Log}");
        }

        await Database.SlowDownAsync(TimeSpan.FromMilliseconds(40), ct);
        _api = Start("api", "api", ApiProxy);
        for (var i = 0; i < 2; i++) StartWorker();
        await Patience.ExpectAsync("the API to be ready", () => Client.IsReadyAsync(ct), ReadyLimit, ct);
    }

    private void StartWorker()
    {
        var name = $"worker-{++_started}";
        _workers[name] = Start("worker", name, WorkerProxy);
    }

    private HostProcess Take(string name)
    {
        _workers.Remove(name, out var worker);
        _ended.Add(worker!);
        return worker!;
    }

    private HostProcess Start(string role, string name, CommitProxy proxy)
    {
        var settings = new Dictionary<string, string>(_settings, StringComparer.Ordinal)
        {
            ["DATASYNC_ROLE"] = role,
            ["DATASYNC_CONNECTION"] = Through(Database.Roles.App),
            ["DATASYNC_SYSTEM_CONNECTION"] = Through(Database.Roles.System),
        };
        foreach (var (key, value) in _workerSettings) settings[key] = value;
        return HostProcess.Start(settings);

        string Through(string connection) => new NpgsqlConnectionStringBuilder(connection) { Port = proxy.Port, ApplicationName = name, SslMode = SslMode.Disable }.ConnectionString;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
