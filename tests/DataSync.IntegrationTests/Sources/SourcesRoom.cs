using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;
using DataSync.IntegrationTests.Postgres;
using DataSync.Pipeline.Connectors;
using DataSync.Platform.Caching;
using DataSync.Platform.Encryption;
using DataSync.Platform.Monitoring;
using DataSync.Platform.Persistence;
using DataSync.Platform.Tenancy.Regions;
using DataSync.Sources;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DataSync.IntegrationTests.Sources;

/// <summary>Encryption and sources as one process has them: its own keys, cache and pools on a shared database.</summary>
internal sealed class SourcesRoom : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    public SourcesRoom(SystemDatabase database, string masterKey)
    {
        var configuration = Configuration(database, masterKey);
        _services = new ServiceCollection().AddSingleton<IConfiguration>(configuration).AddLogging(l => l.SetMinimumLevel(LogLevel.Trace).AddProvider(Logs))
            .AddPersistence(configuration).AddEncryption(configuration).AddConfigurationCache(configuration).AddRegions(configuration).AddMetrics().AddSingleton<SyncTelemetry>().AddSources(configuration).AddSingleton<IConnector, FakeConnector>().BuildServiceProvider(true);
    }

    public CollectedLogs Logs { get; } = new();

    public SourceStore Store => Get<SourceStore>();

    public SourceReader Reader => Get<SourceReader>();

    public static string NewKey(string id) => $"{id}:{Convert.ToBase64String(RandomNumberGenerator.GetBytes(32))}";

    public static IConfiguration Configuration(SystemDatabase database, string masterKey) => new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["DATASYNC_CONNECTION"] = database.Options.Connection + ";Maximum Pool Size=12",
        ["DATASYNC_SYSTEM_CONNECTION"] = database.Options.SystemConnection,
        ["DATASYNC_MASTER_KEY"] = masterKey,
    }).Build();

    public T Get<T>() where T : notnull => _services.GetRequiredService<T>();

    public SourceDefinition Definition(string sourceId, string connectionParams) => new()
    {
        SourceId = sourceId,
        SourceName = sourceId,
        SourceType = "database",
        ConnectionParams = JsonElement.Parse(connectionParams),
        ExtractionParams = JsonElement.Parse("{}"),
        Sync = JsonElement.Parse("{}"),
        IsActive = true,
        SecretFields = Get<ConnectorCatalog>().Find("fake")!.SecretFields,
        AddressFields = Get<ConnectorCatalog>().Find("fake")!.AddressFields,
    };

    public Task<DataSourceConfig> CreateAsync(string tenant, string sourceId, string connectionParams, CancellationToken ct)
        => Store.CreateAsync(tenant, "test", Definition(sourceId, connectionParams), null, ct);

    public Task<DataSourceConfig> ReplaceAsync(string tenant, string sourceId, string connectionParams, CancellationToken ct)
        => Store.ReplaceAsync(tenant, Definition(sourceId, connectionParams), _ => true, ct);

    public async Task<JsonElement> OpenAsync(string tenant, string sourceId, CancellationToken ct) => (await Reader.OpenAsync(tenant, sourceId, ct)).ConnectionParams;

    public ValueTask DisposeAsync() => _services.DisposeAsync();
}

/// <summary>Every line a process logs, with exceptions and values.</summary>
internal sealed class CollectedLogs : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<string> _lines = [];

    public IReadOnlyCollection<string> Lines => _lines;

    public string All => string.Join('\n', _lines);

    public void Clear() => _lines.Clear();

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull
    {
        _lines.Enqueue($"{state}");
        return null;
    }

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        => _lines.Enqueue($"{logLevel} {eventId.Id} {formatter(state, exception)} {string.Join(' ', state as IEnumerable<KeyValuePair<string, object?>> ?? [])} {exception}");

    public void Dispose() { }
}
