using DataSync.Dev.Supervision;
using DataSync.LocalPostgres;
using DataSync.LocalPostgres.Secrets;

namespace DataSync.Dev.Start;

/// <summary>PostgreSQL, migrations, then the API and the workers as processes of their own. Disposing it ends all of them.</summary>
sealed class RunningSystem : IAsyncDisposable
{
    static readonly TimeSpan ReadyLimit = TimeSpan.FromSeconds(60);

    readonly CancellationTokenSource _stop = new();
    readonly RunFolder _folder;
    readonly List<Task> _running = [];

    RunningSystem(RunFolder folder, Address address, LocalPostgresServer postgres) => (_folder, Address, Postgres) = (folder, address, postgres);

    public Address Address { get; }

    public LocalPostgresServer Postgres { get; }

    /// <summary>Starts everything and returns when the API is ready.</summary>
    public static async Task<RunningSystem> StartAsync(Checkout checkout, int workers, Address address, Action<string> report, CancellationToken ct)
    {
        var folder = RunFolder.Take(checkout.Run);
        try
        {
            if (!await address.IsFreeAsync(ct))
                throw new DevException($"Port {address.Browse.Port} is taken: set another address, such as DATASYNC_URLS=http://127.0.0.1:{address.Browse.Port + 1}");
            var postgres = await LocalPostgresServer.EnsureAsync(new LocalPostgresOptions { Folder = checkout.Local, MayInstall = true, Report = report }, ct);
            var system = new RunningSystem(folder, address, postgres);
            try
            {
                report($"PostgreSQL: {postgres.Description}");
                await system.StartHostsAsync(checkout, workers, report, ct);
                return system;
            }
            catch
            {
                await system.DisposeAsync();
                throw;
            }
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Returns when all processes have ended, which they do when the system is disposed.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running);
        await Postgres.DisposeAsync();
        _folder.Dispose();
        _stop.Dispose();
    }

    async Task StartHostsAsync(Checkout checkout, int workers, Action<string> report, CancellationToken ct)
    {
        var database = await Postgres.EnsureDatabaseAsync("datasync", ct);
        var settings = new HostSettings(checkout, new DevelopmentKeys(checkout.Keys), database, Address.Urls);
        string[] host = [Programs.Dotnet, HostCopy.Make(checkout, _folder.Path)];
        Directory.CreateDirectory(checkout.Exports);

        report("Database: bringing it up to this version");
        var migrate = new ProcessPlan("migrate", host, settings.Migrate(), _folder.Path);
        if (await new SupervisedProcess(migrate, report).RunOnceAsync(ct) is var exitCode and not 0)
        {
            ct.ThrowIfCancellationRequested();
            throw new DevException($"The migrations failed with exit code {exitCode}:\n{migrate.LogTail()}");
        }

        report($"Starting the API and {workers} worker{(workers == 1 ? "" : "s")}; their logs are in {_folder.Path}");
        var api = new SupervisedProcess(new ProcessPlan("api", host, settings.Api(), _folder.Path), report);
        _running.Add(api.KeepRunningAsync(_stop.Token));
        for (var i = 1; i <= workers; i++)
            _running.Add(new SupervisedProcess(new ProcessPlan($"worker-{i}", host, settings.Worker(), _folder.Path), report).KeepRunningAsync(_stop.Token));
        await WaitUntilReadyAsync(api, ct);
    }

    async Task WaitUntilReadyAsync(SupervisedProcess api, CancellationToken ct)
    {
        const int HopelessDeaths = 3;
        using var client = new HttpClient { BaseAddress = Address.Browse, Timeout = TimeSpan.FromSeconds(5) };
        for (var start = TimeProvider.System.GetTimestamp(); !await IsReadyAsync(client, ct);)
        {
            if (api.Deaths >= HopelessDeaths || TimeProvider.System.GetElapsedTime(start) > ReadyLimit)
                throw new DevException($"The API does not become ready. The end of {api.Plan.LogFile}:\n{api.Plan.LogTail()}");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, ct);
        }
    }

    static async Task<bool> IsReadyAsync(HttpClient client, CancellationToken ct)
    {
        try
        {
            using var response = await client.GetAsync(new Uri("/health/ready", UriKind.Relative), ct);
            return response.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException || (e is TaskCanceledException && !ct.IsCancellationRequested))
        {
            return false;
        }
    }
}
