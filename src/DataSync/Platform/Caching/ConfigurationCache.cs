using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Monitoring;
using DataSync.Platform.Tenancy;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DataSync.Platform.Caching;

/// <summary>
/// A tenant's configuration at hand. The tenant's generation is part of every name, so nothing is ever removed: a change makes the old names be asked
/// for no more, in this process and in Redis. A value that was read while it changed lies under the old name too, or is newer than its name says.
/// </summary>
internal sealed class ConfigurationCache : IAsyncDisposable
{
    /// <summary>An entry beyond this is read each time.</summary>
    public const int MaxEntryBytes = 256 * 1024;

    /// <summary>Bytes that this process keeps in memory at most.</summary>
    public const long Capacity = 64 * 1024 * 1024;

    /// <summary>What was made of a text takes some times its memory; so many bytes a character are reckoned.</summary>
    private const int Growth = 8;

    private static readonly HybridCacheEntryOptions Shared = new() { Expiration = TimeSpan.FromMinutes(5), LocalCacheExpiration = TimeSpan.FromSeconds(60) };
    private static readonly HybridCacheEntryOptions Own = new()
    {
        Expiration = TimeSpan.FromMinutes(5),
        LocalCacheExpiration = TimeSpan.FromMinutes(5),
        Flags = HybridCacheEntryFlags.DisableDistributedCache,
    };

    private readonly ConfigurationGenerations _generations;
    private readonly SyncTelemetry _telemetry;
    private readonly ServiceProvider _levels;
    private readonly HybridCache _cache;

    public ConfigurationCache(
        ConfigurationGenerations generations, SyncTelemetry telemetry, ILoggerFactory loggers, SecondLevel? second = null)
    {
        (_generations, _telemetry) = (generations, telemetry);

        // In a container of its own: the two levels are this cache's alone.
        var levels = new ServiceCollection();
        levels.AddMemoryCache(o => o.SizeLimit = Capacity);
        levels.AddSingleton(loggers).AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        levels.AddHybridCache(o => (o.MaximumPayloadBytes, o.MaximumKeyLength) = (MaxEntryBytes, 128)).AddSerializer<MadeObject, MadeObjectWeight>();
        if (second is not null) levels.AddSingleton<IDistributedCache>(second);
        _levels = levels.BuildServiceProvider();
        _cache = _levels.GetRequiredService<HybridCache>();
    }

    /// <summary>
    /// What <paramref name="read"/> finds, or found since the tenant's configuration last changed. It must read in a transaction begun after the call.
    /// That there is nothing is not kept. The value is a copy of the caller's own.
    /// </summary>
    public async ValueTask<T?> GetAsync<T>(string kind, string tenantId, string id, Func<CancellationToken, Task<T?>> read, CancellationToken ct) where T : class
    {
        if (await _generations.OfAsync(tenantId, ct) is not { } generation)
        {
            _telemetry.CacheRead(kind, "bypass");
            return await read(ct);
        }

        var key = CacheKey.Of(kind, tenantId, generation, id);
        var asked = new Asked<T>(read);
        var value = await _cache.GetOrCreateAsync(key, asked, static (asked, token) => asked.ReadAsync(token), Shared, cancellationToken: ct);
        _telemetry.CacheRead(kind, asked.WasRead ? "miss" : "hit");
        if (value is null) await _cache.RemoveAsync(key, ct);
        return value;
    }

    /// <summary>The number that every change of the tenant's configuration raises; null where this process cannot know. For who keeps by itself what this cache does not: that there is nothing.</summary>
    public ValueTask<long?> GenerationAsync(string tenantId, CancellationToken ct) => _generations.OfAsync(tenantId, ct);

    /// <summary>The same where it is known without asking; null where it is not.</summary>
    public long? GenerationAtHand(string tenantId) => _generations.AtHand(tenantId);

    /// <summary>True where the tenant's configuration is known to be of that generation still, seen as late as any change is; asks nobody.</summary>
    public bool IsUnchanged(string tenantId, long generation) => _generations.AtHand(tenantId) == generation;

    /// <summary>
    /// What was made of a text of the tenant's, in this process's memory only. The text is in the name, so there is nothing to invalidate.
    /// The object is shared: it must never change.
    /// </summary>
    public async ValueTask<T> MadeOfAsync<T>(string kind, string tenantId, string text, Func<T> make, CancellationToken ct) where T : class
    {
        var weight = 1024 + (long)text.Length * Growth;
        if (weight > MaxEntryBytes) return make();
        var asked = new Asked<MadeObject>(_ => Task.FromResult<MadeObject?>(new MadeObject(make(), (int)weight)));
        var made = await _cache.GetOrCreateAsync(CacheKey.Of(kind, tenantId, 0, text), asked, static (asked, token) => asked.ReadAsync(token), Own, cancellationToken: ct);
        _telemetry.CacheRead(kind, asked.WasRead ? "miss" : "hit");
        return (T)made!.Value;
    }

    /// <summary>Commits a transaction that changed its tenant's configuration. This process sees the change from then on, before the line tells of it.</summary>
    /// <param name="transaction">The transaction with the change.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <param name="logOf">The tenant in whose audit log the change is to be; null for the one it was made to.</param>
    public async Task CommitAsync(TenantTransaction transaction, CancellationToken ct, string? logOf = null)
    {
        var (tenant, generation) = (transaction.TenantId, await ConfigurationGenerations.ReadAsync(transaction, ct));
        if (logOf is not null) await transaction.TurnToAsync(logOf, ct);
        await transaction.CommitChangeAsync(ct);
        _generations.Learn(tenant, generation);
    }

    public ValueTask DisposeAsync() => _levels.DisposeAsync();

    /// <summary>A question, and whether its own reader was what answered it.</summary>
    private sealed class Asked<T>(Func<CancellationToken, Task<T?>> read) where T : class
    {
        public bool WasRead { get; private set; }

        public async ValueTask<T?> ReadAsync(CancellationToken ct)
        {
            WasRead = true;
            return await read(ct);
        }
    }
}
