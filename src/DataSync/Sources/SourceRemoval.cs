using DataSync.Sources.Slots;

namespace DataSync.Sources;

/// <summary>Deletes sources, and afterwards has their servers give up what they keep for following changes.</summary>
internal sealed class SourceRemoval(SourceStore store, SourceRelease release)
{
    /// <summary>As <see cref="SourceStore.DeleteAsync"/>.</summary>
    public async Task DeleteAsync(string tenantId, string sourceId, Func<int, bool> expected, CancellationToken ct)
    {
        var followed = await release.FindAsync(tenantId, sourceId, ct);
        SlotRelease? left = null;
        await store.DeleteAsync(tenantId, sourceId, expected, ct, followed is null ? null : source => left = release.Leaving(followed, source));
        if (followed is not null) await release.DeletedAsync(followed, left!);
    }
}
