namespace DataSync.Extract.Incremental.Gaps;

/// <summary>Records by their hash, as often as each is there, and where.</summary>
internal sealed class KnownRecords
{
    private readonly Dictionary<UInt128, int> _heads;
    private readonly List<(KeptPlace Place, int Next)> _entries;

    public KnownRecords() => (_heads, _entries) = ([], []);

    /// <summary>As another is, to be used up by itself. Its entries never change, so both have them.</summary>
    public KnownRecords(KnownRecords other) => (_heads, _entries) = (new(other._heads), other._entries);

    /// <summary>Different hashes.</summary>
    public int Count => _heads.Count;

    /// <summary>Records in all.</summary>
    public int Entries => _entries.Count;

    public void Add(UInt128 hash, KeptPlace place)
    {
        _entries.Add((place, _heads.TryGetValue(hash, out var head) ? head : -1));
        _heads[hash] = _entries.Count - 1;
    }

    /// <summary>True, once, for each record that was added.</summary>
    public bool Take(UInt128 hash, out KeptPlace place)
    {
        place = KeptPlace.None;
        if (!_heads.TryGetValue(hash, out var head)) return false;
        (place, var next) = _entries[head];
        if (next < 0) _heads.Remove(hash);
        else _heads[hash] = next;
        return true;
    }

    public void Clear()
    {
        _heads.Clear();
        _entries.Clear();
    }
}
