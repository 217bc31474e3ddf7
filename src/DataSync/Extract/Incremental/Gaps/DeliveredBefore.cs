namespace DataSync.Extract.Incremental.Gaps;

/// <summary>What the sync before delivered at the values that this one begins with: its state knows the hash of each record's whole bytes, by the key of that time.</summary>
internal sealed class DeliveredBefore
{
    private readonly RecordHash _by;
    private readonly Dictionary<UInt128, int> _left;

    private DeliveredBefore(RecordHash by, Dictionary<UInt128, int> left) => (_by, _left, Count) = (by, left, left.Values.Sum(c => (long)c));

    /// <summary>Records in all.</summary>
    public long Count { get; }

    /// <summary>Reads them; null where there are none, or the key that made the hashes is accepted no more.</summary>
    /// <param name="prior">The state before; null for the first sync.</param>
    /// <param name="keys">Those that are accepted.</param>
    public static DeliveredBefore? Of(CursorState? prior, IReadOnlyList<byte[]> keys)
        => prior is { Hashes.Length: > 0 } && RecordHash.Of(keys, prior.KeyId) is { } by ? new DeliveredBefore(by, CursorState.Unpack(prior.Hashes)) : null;

    /// <summary>As it is, to be used up by itself.</summary>
    public DeliveredBefore Copy() => new(_by, new(_left));

    /// <summary>True, once, for each record that was delivered.</summary>
    public bool Take(ReadOnlySpan<byte> document)
    {
        var hash = _by.Compute(document);
        if (!_left.TryGetValue(hash, out var count)) return false;
        if (count > 1) _left[hash] = count - 1;
        else _left.Remove(hash);
        return true;
    }
}
