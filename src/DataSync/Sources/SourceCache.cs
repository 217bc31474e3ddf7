using DataSync.Platform.Caching;

namespace DataSync.Sources;

/// <summary>
/// Stored sources at hand, their secrets sealed: for what happens often and may see a change of another process up to two seconds late. Who shows or
/// changes a source asks <see cref="SourceStore"/>, and who makes a job of one holds its row.
/// </summary>
internal sealed class SourceCache(ConfigurationCache cache, SourceStore store)
{
    /// <summary>The source, or null.</summary>
    public ValueTask<DataSourceConfig?> FindAsync(string tenantId, string sourceId, CancellationToken ct)
        => cache.GetAsync("source", tenantId, sourceId, token => store.GetAsync(tenantId, sourceId, token), ct);

    /// <summary>As <see cref="ConfigurationCache.GenerationAsync"/>.</summary>
    public ValueTask<long?> GenerationAsync(string tenantId, CancellationToken ct) => cache.GenerationAsync(tenantId, ct);

    /// <summary>As <see cref="ConfigurationCache.GenerationAtHand"/>.</summary>
    public long? GenerationAtHand(string tenantId) => cache.GenerationAtHand(tenantId);

    /// <summary>As <see cref="ConfigurationCache.IsUnchanged"/>: what was not there at that generation is not there now.</summary>
    public bool IsUnchanged(string tenantId, long generation) => cache.IsUnchanged(tenantId, generation);
}
