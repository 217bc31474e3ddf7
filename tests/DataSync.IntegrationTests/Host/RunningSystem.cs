using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using DataSync.Faults.Running;
using DataSync.IntegrationTests.Postgres;
using DataSync.IntegrationTests.Prism;
using DataSync.Jobs.Hangfire;
using DataSync.Tests.Platform.Authentication;
using Npgsql;

namespace DataSync.IntegrationTests.Host;

/// <summary>The system as users run it: the host as real processes (one API, workers on demand) on a real database, spoken to over HTTP.</summary>
public sealed class RunningSystem : IAsyncLifetime
{
    /// <summary>Signs the tokens that every process accepts.</summary>
    internal static readonly byte[] TokenKey = SHA256.HashData("a token key for tests"u8);
    private readonly SystemDatabase _database = new();
    private readonly List<HostProcess> _processes = [];
    private readonly string _exports = Directory.CreateTempSubdirectory("datasync-exports-").FullName;
    private readonly DescribedAnswers.Handler _handler = new(new SocketsHttpHandler { UseProxy = false, PooledConnectionLifetime = TimeSpan.FromMinutes(2) });
    private Uri _address = new("http://127.0.0.1/");

    internal SystemDatabase Database => _database;

    /// <summary>What every process has as its master key unless told otherwise.</summary>
    internal static string MasterKey { get; } = Convert.ToBase64String(SHA256.HashData("a master key for tests"u8));

    /// <summary>Settings of every process, before those given at its start. Set them before the system is initialized.</summary>
    internal List<(string Name, string Value)> Settings { get; } = [];

    /// <summary>A superuser's connection to an empty database that plays the customer's.</summary>
    internal string SourceDatabase { get; private set; } = "";

    internal string ExportRoot => _exports;

    /// <summary>Where the first API process answers.</summary>
    internal Uri Address => _address;

    /// <summary>Where the processes put temporary files, if any.</summary>
    internal string TempFolder { get; } = Directory.CreateTempSubdirectory("datasync-temp-").FullName;

    internal IReadOnlyList<HostProcess> Processes => _processes;

    public async ValueTask InitializeAsync()
    {
        var ct = TestContext.Current.CancellationToken;
        await _database.InitializeAsync();
        await HangfireSchema.InstallAsync(_database.Options, ct);
        SourceDatabase = await PostgresServer.CreateDatabaseAsync("datasync_source", ct);
        Reserve();
        Start("api");
        await DescribedAnswers.ReadyAsync();
        await ReadyAsync(_address, ct);
    }

    /// <summary>Chooses the first API process's address, for whoever has to know it before the start.</summary>
    internal Uri Reserve() => _address.Port == 80 ? _address = new Uri($"http://127.0.0.1:{FreePort()}/") : _address;

    /// <summary>Starts one more API process, as on another machine, at an address of its own.</summary>
    internal async Task<(HostProcess Process, Uri Address)> StartApiAsync(CancellationToken ct, params (string Name, string Value)[] settings)
    {
        var address = new Uri($"http://127.0.0.1:{FreePort()}/");
        var process = Start("api", [("DATASYNC_URLS", address.GetLeftPart(UriPartial.Authority)), .. settings]);
        await ReadyAsync(address, ct);
        return (process, address);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes) await process.DisposeAsync();
        _handler.Dispose();
        NpgsqlConnection.ClearAllPools();
        if (SourceDatabase.Length > 0) await PostgresServer.DropDatabaseAsync(SourceDatabase, CancellationToken.None);
        await _database.DisposeAsync();
        Directory.Delete(_exports, recursive: true);
        Directory.Delete(TempFolder, recursive: true);
    }

    /// <summary>Starts a process of the host.</summary>
    internal HostProcess Start(string role, params (string Name, string Value)[] settings) => Start([], role, settings);

    /// <summary>Runs a command of the host to its end.</summary>
    internal async Task<HostProcess> RunAsync(string[] command, CancellationToken ct, params (string Name, string Value)[] settings)
    {
        var process = Start(command, "worker", settings);
        await process.ExitAsync(ct).WaitAsync(TimeSpan.FromSeconds(180), ct);
        return process;
    }

    private HostProcess Start(string[] command, string role, (string Name, string Value)[] settings)
    {
        var environment = Environment(role);
        foreach (var (name, value) in settings) environment[name] = value;
        var process = HostProcess.Start(environment, command);
        _processes.Add(process);
        return process;
    }

    /// <summary>What a process of the host is told.</summary>
    internal Dictionary<string, string> Environment(string role)
    {
        Dictionary<string, string> environment = new(StringComparer.Ordinal)
        {
            ["DATASYNC_ROLE"] = role,
            ["DATASYNC_CONNECTION"] = _database.Options.Connection,
            ["DATASYNC_SYSTEM_CONNECTION"] = _database.Options.SystemConnection,
            ["DATASYNC_URLS"] = _address.GetLeftPart(UriPartial.Authority),
            ["DATASYNC_MASTER_KEY"] = MasterKey,
            ["DATASYNC_JWT_DEVELOPMENT_KEY"] = Convert.ToBase64String(TokenKey),
            ["DATASYNC_EXPORT_ROOT"] = _exports,
            ["TMPDIR"] = TempFolder,
            ["LANG"] = "en_US.UTF-8", // commands speak the terminal's language, whichever that is of whoever runs the tests
            ["DATASYNC_EGRESS_ALLOW"] = "127.0.0.0/8,::1/128",
            ["DATASYNC_TLS_EXCEPTIONS"] = "127.0.0.1,localhost,::1",
            ["DATASYNC_ALLOW_WRITABLE_SOURCES"] = "true",
            ["SYNC_RETRY_INITIAL_DELAY_SECONDS"] = "0.05",
            ["ASPNETCORE_ENVIRONMENT"] = "Development",
            ["DOTNET_TieredPGO"] = "0", // no process here lives long enough to gain by what is measured at first
            ["DATASYNC_STOP_WITH_PARENT"] = "true",
        };
        foreach (var (name, value) in Settings) environment[name] = value;
        return environment;
    }

    /// <summary>A client with a token of the tenant.</summary>
    internal HttpClient Client(string tenant, string scope = "sources.write sync.read sync.write", string? language = null, Uri? address = null)
    {
        var client = new HttpClient(_handler, disposeHandler: false) { BaseAddress = address ?? _address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token(tenant, scope, language));
        return client;
    }

    internal static string Token(string tenant, string scope, string? language = null)
        => TestTokens.Sign(TestTokens.Payload(DateTimeOffset.UtcNow, tenant, scope, language), key: TokenKey);

    /// <summary>The body that registers the customer's database as a source.</summary>
    internal object Source(string sourceId, object extraction, object? sync = null)
    {
        var source = new NpgsqlConnectionStringBuilder(SourceDatabase);
        return new
        {
            source_id = sourceId,
            source_name = sourceId,
            source_type = "database",
            connection_params = new { driver = "postgresql", host = "127.0.0.1", port = source.Port, database = source.Database, username = source.Username, password = source.Password ?? "none", tls = "disable" },
            extraction_params = extraction,
            sync = sync ?? new { },
        };
    }

    /// <summary>Waits for a condition, for a minute at most.</summary>
    internal static Task WaitAsync(string what, Func<Task<bool>> condition, CancellationToken ct, int seconds = 120) => WaitAsync(() => what, condition, ct, seconds);

    /// <summary>Waits for a condition; what it then says is asked for only once it has failed.</summary>
    internal static async Task WaitAsync(Func<string> what, Func<Task<bool>> condition, CancellationToken ct, int seconds = 120)
    {
        var began = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(seconds), $"Waited {seconds} s for {what()}.");
            await Task.Delay(50, ct);
        }
    }

    private async Task ReadyAsync(Uri address, CancellationToken ct)
    {
        using var client = Client("probe", address: address);
        await WaitAsync("the API to be ready", async () =>
        {
            try
            {
                return (await client.GetAsync("health/ready", ct)).StatusCode == HttpStatusCode.OK;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }, ct, seconds: 180);
    }

    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
