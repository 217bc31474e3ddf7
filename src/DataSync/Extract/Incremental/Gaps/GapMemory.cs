namespace DataSync.Extract.Incremental.Gaps;

/// <summary>What this sync and those before it delivered in the region that is checked: keyed hashes up to a number, beyond it the count alone.</summary>
internal sealed class GapMemory
{
    /// <summary>Hashes held at most: some 20 MB while a sync runs, half of it in a state.</summary>
    public const int Most = 500_000;

    private readonly RecordIdentity _identity;
    private readonly RecordHash _hash;
    private readonly RecordHash _hashBefore;
    private readonly int _most;
    private readonly Dictionary<UInt128, int> _now;
    private readonly Dictionary<UInt128, int> _before;

    public GapMemory(RecordIdentity identity, RecordHash hash, RecordHash hashBefore, ReadOnlySpan<byte> before, int most = Most)
    {
        (_identity, _hash, _hashBefore, _most, _now, _before) = (identity, hash, hashBefore, most, [], CursorState.Unpack(before));
        Count = before.Length / 16;
    }

    /// <summary>As another was, to be used up by itself.</summary>
    private GapMemory(GapMemory other)
        => (_identity, _hash, _hashBefore, _most, _now, _before, Count, IsCountOnly)
            = (other._identity, other._hash, other._hashBefore, other._most, new(other._now), new(other._before), other.Count, other.IsCountOnly);

    /// <summary>Records delivered: those remembered by the state, and those of this sync.</summary>
    public long Count { get; private set; }

    /// <summary>There were too many: which record is missing cannot be told.</summary>
    public bool IsCountOnly { get; private set; }

    public GapMemory Copy() => new(this);

    /// <summary>Remembers a record that this sync has seen, delivered now or before.</summary>
    public void Add(ReadOnlySpan<byte> document, ReadOnlySpan<byte> cursor, UInt128? whole = null)
    {
        Count++;
        if (IsCountOnly) return;
        var hash = _identity.Compute(_hash, document, cursor, whole);
        _now[hash] = _now.GetValueOrDefault(hash) + 1;
        if (_now.Count + _before.Count <= _most) return;
        IsCountOnly = true;
        _now.Clear();
        _before.Clear();
    }

    /// <summary>True, once, for each record that was delivered.</summary>
    /// <param name="document">The record as the source has it now.</param>
    /// <param name="cursor">Its cursor's bytes.</param>
    /// <param name="hash">By the current key.</param>
    public bool Take(ReadOnlySpan<byte> document, ReadOnlySpan<byte> cursor, out UInt128 hash)
    {
        hash = _identity.Compute(_hash, document, cursor);
        return Take(_now, hash) || (_before.Count > 0 && Take(_before, ReferenceEquals(_hash, _hashBefore) ? hash : _identity.Compute(_hashBefore, document, cursor)));
    }

    private static bool Take(Dictionary<UInt128, int> from, UInt128 hash)
    {
        if (!from.TryGetValue(hash, out var left)) return false;
        if (left > 1) from[hash] = left - 1;
        else from.Remove(hash);
        return true;
    }
}
