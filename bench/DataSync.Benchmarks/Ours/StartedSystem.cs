using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using DataSync.Benchmarks.Running;
using DataSync.Faults.Running;
using Npgsql;

namespace DataSync.Benchmarks.Ours;

/// <summary>DataSync as customers run it: migrated, then the API and a worker as processes of their own.</summary>
internal sealed class StartedSystem : IAsyncDisposable
{
    private static readonly TimeSpan ReadyLimit = TimeSpan.FromSeconds(60);
    private readonly HostProcess _api;
    private readonly Func<HostProcess> _startWorker;

    private readonly byte[] _tokenKey;

    private StartedSystem(SystemDatabase database, string exports, Uri address, HostProcess api, Func<HostProcess> startWorker, byte[] tokenKey)
    {
        (Database, Exports, Address, _api, _startWorker, _tokenKey, Worker) = (database, exports, address, api, startWorker, tokenKey, startWorker());
        Client = ClientOf(StoreProgram.Tenant);
    }

    public SystemDatabase Database { get; }

    /// <summary>The folder that exports lie under.</summary>
    public string Exports { get; }

    /// <summary>Where the API listens.</summary>
    public Uri Address { get; }

    public Api Client { get; }

    public HostProcess Worker { get; private set; }

    public HostProcess ApiProcess => _api;

    /// <summary>CPU time of the API and the worker so far.</summary>
    public TimeSpan Cpu => _api.Cpu + Worker.Cpu;

    public static Task<StartedSystem> StartAsync(BenchContext context, NpgsqlConnectionStringBuilder reader, CancellationToken ct)
        => StartAsync(context, reader, new Dictionary<string, string>(StringComparer.Ordinal), ct);

    /// <summary>The same with settings that are not the defaults.</summary>
    public static Task<StartedSystem> StartAsync(BenchContext context, NpgsqlConnectionStringBuilder reader, IReadOnlyDictionary<string, string> changed, CancellationToken ct)
        => StartAsync(context, reader, changed, "system", [], ct);

    /// <summary>The same beside others, and, where <paramref name="program"/> names one of this program's, with that in the host's place.</summary>
    public static async Task<StartedSystem> StartAsync(
        BenchContext context, NpgsqlConnectionStringBuilder reader, IReadOnlyDictionary<string, string> changed, string name, string[] program, CancellationToken ct)
    {
        var host = HostAssembly(context.Checkout);
        var assembly = program is [] ? host : typeof(SelfProcess).Assembly.Location;
        var database = await SystemDatabase.CreateAsync(context.Server, context.Checkout, ct);
        var folder = Directory.CreateDirectory(Path.Combine(context.Folder, "out", name));
        var exports = folder.CreateSubdirectory("exports").FullName;
        var tokenKey = RandomNumberGenerator.GetBytes(32);
        var url = FreeUrl();
        var settings = new Dictionary<string, string>(SourceParameters.Settings(reader).Concat(database.Settings), StringComparer.Ordinal)
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Benchmark", // development tokens are refused in Production; Development puts a page of exceptions and checks of scopes in front of every request
            ["DATASYNC_MASTER_KEY"] = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)),
            ["DATASYNC_JWT_DEVELOPMENT_KEY"] = Convert.ToBase64String(tokenKey),
            ["DATASYNC_EXPORT_ROOT"] = exports,
            ["DATASYNC_URLS"] = url,
        };
        foreach (var (setting, value) in changed) settings[setting] = value;
        var owner = new Dictionary<string, string>(settings, StringComparer.Ordinal) { ["DATASYNC_OWNER_CONNECTION"] = database.Roles.Owner };
        await using (var migrate = HostProcess.Start(host, "migrate", owner, Log("migrate"))) await migrate.FinishAsync(ct);
        var api = HostProcess.Start(assembly, "api", settings, Log("api"), program);
        var system = new StartedSystem(
            database, exports, new Uri(url), api, () => HostProcess.Start(assembly, "worker", settings, Log("worker"), program), tokenKey);
        try
        {
            await system.WaitUntilReadyAsync(ct);
            return system;
        }
        catch
        {
            await system.DisposeAsync();
            throw;
        }

        string Log(string role) => Path.Combine(folder.FullName, $"{role}.log");
    }

    /// <summary>The API as another tenant calls it.</summary>
    public Api ClientOf(string tenant) => new(Address, TokenOf(tenant));

    /// <summary>A token of a tenant.</summary>
    public string TokenOf(string tenant) => DevelopmentToken.Issue(_tokenKey, tenant);

    /// <summary>One worker more, until it is disposed of.</summary>
    public HostProcess StartWorker() => _startWorker();

    public ValueTask StopWorkerAsync() => Worker.DisposeAsync();

    /// <summary>A worker that has done nothing yet takes the old one's place.</summary>
    public async Task RestartWorkerAsync()
    {
        await Worker.DisposeAsync();
        Worker = _startWorker();
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Worker.DisposeAsync();
        await _api.DisposeAsync();
    }

    private async Task WaitUntilReadyAsync(CancellationToken ct)
    {
        for (var began = TimeProvider.System.GetTimestamp(); !await Client.IsReadyAsync(ct); await Task.Delay(50, ct))
        {
            if (_api.HasEnded || TimeProvider.System.GetElapsedTime(began) > ReadyLimit) throw _api.Failed();
            if (Worker.HasEnded) throw Worker.Failed();
        }
    }

    /// <summary>The host as built beside this program, in the same configuration.</summary>
    private static string HostAssembly(string checkout)
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory);
        var path = Path.Combine(checkout, "src", "DataSync.Host", "bin", own.Parent!.Name, own.Name, "DataSync.Host.dll");
        return File.Exists(path) ? path : throw new BenchmarkException($"{path} is missing: build the solution.");
    }

    private static string FreeUrl()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";
    }
}
