namespace DataSync.Platform.Encryption;

/// <summary>
/// Unwrapped data keys, for a short while and a bounded number of them: a job that reconnects need not ask a key service each time.
/// Hands out copies, so a key can be zeroed here at any time while another is in use.
/// </summary>
internal sealed class DataKeyCache : IDisposable
{
    /// <summary>How long a key stays: also how long a process can still open what a removed key sealed.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Tenant, int KeyId), Entry> _entries = [];
    private readonly Queue<((string Tenant, int KeyId) Name, Entry Entry)> _byAge = [];
    private readonly TimeProvider _time;
    private readonly int _capacity;
    private readonly ITimer _sweep;

    public DataKeyCache(TimeProvider time)
        : this(time, 1024) { }

    internal DataKeyCache(TimeProvider time, int capacity)
    {
        (_time, _capacity) = (time, capacity);
        _sweep = time.CreateTimer(_ => Sweep(), null, Lifetime, Lifetime / 4);
    }

    internal int Count
    {
        get
        {
            lock (_lock) return _entries.Count;
        }
    }

    /// <summary>A copy of the key, which the caller disposes; null if it is not here.</summary>
    public DataKey? Find(string tenantId, int keyId)
    {
        lock (_lock)
        {
            Expire();
            return _entries.GetValueOrDefault((tenantId, keyId))?.Key.Copy();
        }
    }

    /// <summary>Keeps a copy of the key.</summary>
    public void Keep(string tenantId, DataKey key)
    {
        var name = (tenantId, key.KeyId);
        var entry = new Entry(key.Copy(), _time.GetUtcNow() + Lifetime);
        lock (_lock)
        {
            if (_entries.Remove(name, out var replaced)) replaced.Key.Dispose();
            _entries[name] = entry;
            _byAge.Enqueue((name, entry));
            while (_entries.Count > _capacity || _byAge.Count > 2 * _capacity) DropOldest();
            Expire();
        }
    }

    /// <summary>Forgets a tenant's keys.</summary>
    public void Forget(string tenantId)
    {
        lock (_lock)
        {
            foreach (var name in _entries.Keys.Where(n => n.Tenant == tenantId).ToList())
            {
                if (_entries.Remove(name, out var entry)) entry.Key.Dispose();
            }
        }
    }

    public void Dispose()
    {
        _sweep.Dispose();
        lock (_lock)
        {
            while (_byAge.Count > 0) DropOldest();
        }
    }

    private void Sweep()
    {
        lock (_lock) Expire();
    }

    private void Expire()
    {
        var now = _time.GetUtcNow();
        while (_byAge.TryPeek(out var oldest) && oldest.Entry.Until <= now) DropOldest();
    }

    private void DropOldest()
    {
        var (name, entry) = _byAge.Dequeue();
        entry.Key.Dispose();
        if (_entries.TryGetValue(name, out var current) && ReferenceEquals(current, entry)) _entries.Remove(name);
    }

    private sealed record Entry(DataKey Key, DateTimeOffset Until)
    {
        public override string ToString() => Key.ToString();
    }
}
