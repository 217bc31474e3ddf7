using System.Security.Cryptography;
using System.Text.Json;
using DataSync.IntegrationTests.Host;
using DataSync.IntegrationTests.Postgres;
using DataSync.IntegrationTests.Sources;
using DataSync.Pipeline.Connectors;
using DataSync.Platform.Caching;
using DataSync.Platform.Encryption;
using DataSync.Platform.Http.Security;
using DataSync.Platform.Monitoring;
using DataSync.Platform.Persistence;
using DataSync.Platform.Tenancy;
using DataSync.Platform.Tenancy.Settings;
using DataSync.Sources;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DataSync.IntegrationTests.Platform.Caching;

/// <summary>Sources and their cache as one machine has them: memory, pools and a line of its own, on the database (and Redis) of all.</summary>
internal sealed class CacheMachine : IAsyncDisposable
{
    private static readonly byte[] Key = SHA256.HashData("a master key of machines"u8);
    private readonly ServiceProvider _services;

    private CacheMachine(SystemDatabase database, string name, string? redis)
    {
        var configuration = new ConfigurationBuilder().AddConfiguration(SourcesRoom.Configuration(database, $"k:{Convert.ToBase64String(Key)}")).AddInMemoryCollection(
        [
            new("DATASYNC_SYSTEM_CONNECTION", $"{database.Options.SystemConnection};Application Name={name}"),
            new("DATASYNC_REDIS", redis),
        ]).Build();
        _services = new ServiceCollection().AddSingleton<IConfiguration>(configuration).AddLogging(l => l.AddProvider(Logs)).AddMetrics()
            .AddPersistence(configuration).AddEncryption(configuration).AddSingleton<SyncTelemetry>().AddSingleton(new DerivedKeys([Key]))
            .AddConfigurationCache(configuration).AddTenantSettings(configuration).AddSources(configuration).AddSingleton<IConnector, FakeConnector>().BuildServiceProvider(true);
        Name = name;
    }

    public string Name { get; }

    public CollectedLogs Logs { get; } = new();

    public ConfigurationCache Cache => _services.GetRequiredService<ConfigurationCache>();

    public TenantSettingsAtHand Settings => _services.GetRequiredService<TenantSettingsAtHand>();

    /// <summary>Starts one that listens.</summary>
    public static async Task<CacheMachine> StartAsync(SystemDatabase database, CancellationToken ct, string? redis = null)
    {
        var machine = new CacheMachine(database, $"machine-{Guid.CreateVersion7():n}", redis);
        foreach (var service in machine._services.GetServices<IHostedService>()) await service.StartAsync(ct);
        await machine.ListeningAsync(ct);
        return machine;
    }

    /// <summary>Waits until the machine has heard of the tenant's last change, and believes what it keeps.</summary>
    public async Task HeardAsync(string tenant, CancellationToken ct)
    {
        await using var transaction = await _services.GetRequiredService<TenantDatabase>().BeginAsync(tenant, ct);
        var last = await ConfigurationGenerations.ReadAsync(transaction, ct);
        var generations = _services.GetRequiredService<ConfigurationGenerations>();
        await RunningSystem.WaitAsync("the change to be heard", async () => await generations.OfAsync(tenant, ct) == last, ct);
    }

    /// <summary>Asks until memory or Redis answers with the name. A machine that was starved for a while asks the database, where the name is another.</summary>
    public Task KeepsAsync(string tenant, string name, CancellationToken ct) => RunningSystem.WaitAsync($"{name} from memory", async () => await NameAsync(tenant, ct) == name, ct, seconds: 10);

    public async Task ListeningAsync(CancellationToken ct)
    {
        var generations = _services.GetRequiredService<ConfigurationGenerations>();
        while (await generations.OfAsync("nobody", ct) is null) await Task.Delay(10, ct);
    }

    public ValueTask<DataSourceConfig?> FindAsync(string tenant, CancellationToken ct, string source = "s") => _services.GetRequiredService<SourceCache>().FindAsync(tenant, source, ct);

    /// <summary>The cached source's name; null for none.</summary>
    public async Task<string?> NameAsync(string tenant, CancellationToken ct) => (await FindAsync(tenant, ct))?.SourceName;

    public async Task<JsonElement> OpenAsync(string tenant, CancellationToken ct) => (await _services.GetRequiredService<SourceReader>().OpenAsync(tenant, "s", ct)).ConnectionParams;

    public Task CreateAsync(string tenant, string name, CancellationToken ct, string password = "secret")
        => Store.CreateAsync(tenant, "test", Definition(name, password), null, ct);

    public Task ReplaceAsync(string tenant, string name, CancellationToken ct, string password = "secret")
        => Store.ReplaceAsync(tenant, Definition(name, password), _ => true, ct);

    public Task DeleteAsync(string tenant, CancellationToken ct) => Store.DeleteAsync(tenant, "s", _ => true, ct);

    public async ValueTask DisposeAsync()
    {
        foreach (var service in _services.GetServices<IHostedService>()) await service.StopAsync(CancellationToken.None);
        await _services.DisposeAsync();
    }

    private SourceStore Store => _services.GetRequiredService<SourceStore>();

    private static SourceDefinition Definition(string name, string password) => new()
    {
        SourceId = "s",
        SourceName = name,
        SourceType = "database",
        ConnectionParams = JsonSerializer.SerializeToElement(new { driver = "fake", host = "db", database = name, password }),
        ExtractionParams = JsonElement.Parse("""{"table":"t"}"""),
        Sync = JsonElement.Parse("{}"),
        IsActive = true,
        SecretFields = new FakeConnector().SecretFields,
        AddressFields = new FakeConnector().AddressFields,
    };
}
