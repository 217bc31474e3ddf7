namespace DataSync.Refine.Rules.Checks;

/// <summary>A set of 128-bit hashes: one array, a step of probing at a time. Two different values share a hash once in 10^26 pairs.</summary>
internal sealed class SeenSet(UniqueMemory memory) : IDisposable
{
    private const int Bytes = 16;
    private UInt128[] _slots = [];
    private int _count;

    public bool Contains(UInt128 hash)
    {
        if (_slots.Length == 0) return false;
        return _slots[Find(_slots, Filled(hash))] != 0;
    }

    /// <summary>Puts a hash in; false where it is there already.</summary>
    public bool Add(UInt128 hash)
    {
        hash = Filled(hash);
        if (_count >= _slots.Length / 4 * 3) Grow();
        ref var slot = ref _slots[Find(_slots, hash)];
        if (slot != 0) return false;
        slot = hash;
        _count++;
        return true;
    }

    public void Dispose()
    {
        memory.GiveBack(_slots.LongLength * Bytes);
        _slots = [];
    }

    private void Grow()
    {
        var length = Math.Max(1024, _slots.Length * 2);
        memory.Take(length * (long)Bytes);
        var larger = new UInt128[length];
        foreach (var hash in _slots)
        {
            if (hash != 0) larger[Find(larger, hash)] = hash;
        }

        memory.GiveBack(_slots.LongLength * Bytes);
        _slots = larger;
    }

    /// <summary>Zero marks an empty slot.</summary>
    private static UInt128 Filled(UInt128 hash) => hash == 0 ? 1 : hash;

    /// <summary>Where the hash is, or would be.</summary>
    private static int Find(UInt128[] slots, UInt128 hash)
    {
        var at = (int)(ulong)hash & (slots.Length - 1);
        while (slots[at] != 0 && slots[at] != hash) at = (at + 1) & (slots.Length - 1);
        return at;
    }
}
