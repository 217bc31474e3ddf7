using Microsoft.Extensions.Caching.Memory;

namespace DataSync.Platform.Caching;

/// <summary>
/// The first level: this process's memory, bounded. An entry weighs the bytes that HybridCache counted; one that it keeps as an object, and so does not
/// count, weighs <see cref="Object"/>.
/// </summary>
internal sealed class WeighedMemory : IMemoryCache
{
    public const long Capacity = 64 * 1024 * 1024;
    public const long Object = 64 * 1024;

    private readonly MemoryCache _memory = new(new MemoryCacheOptions { SizeLimit = Capacity, CompactionPercentage = 0.2 });

    public ICacheEntry CreateEntry(object key) => _memory.CreateEntry(key).SetSize(Object);

    public bool TryGetValue(object key, out object? value) => _memory.TryGetValue(key, out value);

    public void Remove(object key) => _memory.Remove(key);

    public void Dispose() => _memory.Dispose();
}
