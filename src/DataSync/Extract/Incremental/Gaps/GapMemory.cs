using System.Buffers.Binary;

namespace DataSync.Extract.Incremental.Gaps;

/// <summary>What is known to have arrived of the region that is checked: keyed hashes up to a number, beyond it the count alone.</summary>
internal sealed class GapMemory
{
    /// <summary>Hashes held at most: some 30 MB while a sync runs, half of it in a state.</summary>
    public const int Most = 500_000;

    private readonly RecordIdentity _identity;
    private readonly RecordHash _hash;
    private readonly RecordHash _hashBefore;
    private readonly int _most;
    private readonly KnownRecords _now, _before;

    public GapMemory(RecordIdentity identity, RecordHash hash, RecordHash hashBefore, int most = Most)
        => (_identity, _hash, _hashBefore, _most, _now, _before) = (identity, hash, hashBefore, most, new(), new());

    /// <summary>As another was, to be used up by itself.</summary>
    private GapMemory(GapMemory other)
        => (_identity, _hash, _hashBefore, _most, _now, _before, Count, IsCountOnly)
            = (other._identity, other._hash, other._hashBefore, other._most, new(other._now), new(other._before), other.Count, other.IsCountOnly);

    /// <summary>Records known.</summary>
    public long Count { get; private set; }

    /// <summary>There were too many: which record is missing cannot be told.</summary>
    public bool IsCountOnly { get; private set; }

    /// <summary>Records are left that are only known by what a sync before remembers.</summary>
    public bool HasTrusted => _before.Count > 0;

    public GapMemory Copy() => new(this);

    /// <summary>A record's hash by the key of the sync before, and by the current one.</summary>
    /// <param name="document">The record.</param>
    /// <param name="cursor">Its cursor's bytes.</param>
    /// <param name="whole">The hash of its whole bytes by the current key, where somebody has made it already.</param>
    public (UInt128 Before, UInt128 Now) HashesOf(ReadOnlySpan<byte> document, ReadOnlySpan<byte> cursor, UInt128? whole)
    {
        var now = _identity.Compute(_hash, document, cursor, whole);
        return (ReferenceEquals(_hash, _hashBefore) ? now : _identity.Compute(_hashBefore, document, cursor), now);
    }

    /// <summary>True, once, for each record that was trusted: by its hash as the sync before made it.</summary>
    public bool TakeTrusted(UInt128 before) => _before.Take(before, out _);

    /// <summary>Remembers a record.</summary>
    /// <param name="document">The record.</param>
    /// <param name="cursor">Its cursor's bytes.</param>
    /// <param name="whole">The hash of its whole bytes, where somebody has made it already.</param>
    /// <param name="place">Where the store keeps it.</param>
    /// <returns>Its hash; meaningless once only counts are known.</returns>
    public UInt128 Add(ReadOnlySpan<byte> document, ReadOnlySpan<byte> cursor, UInt128? whole = null, KeptPlace? place = null)
    {
        Count++;
        if (IsCountOnly) return default;
        var hash = _identity.Compute(_hash, document, cursor, whole);
        _now.Add(hash, place ?? KeptPlace.None);
        Bound();
        return hash;
    }

    /// <summary>Takes a record of the store for one that is only known by what a sync before remembers: 16 bytes of its hash each, one after the other.</summary>
    public void Trust(ReadOnlySpan<byte> hashes)
    {
        for (; hashes.Length >= RecordHash.Bytes; hashes = hashes[RecordHash.Bytes..])
        {
            Count++;
            if (!IsCountOnly) _before.Add(BinaryPrimitives.ReadUInt128BigEndian(hashes), KeptPlace.None);
            Bound();
        }
    }

    /// <summary>True, once, for each record that is known.</summary>
    /// <param name="document">The record as the source has it now.</param>
    /// <param name="cursor">Its cursor's bytes.</param>
    /// <param name="hash">By the current key.</param>
    /// <param name="place">Where the store keeps it.</param>
    public bool Take(ReadOnlySpan<byte> document, ReadOnlySpan<byte> cursor, out UInt128 hash, out KeptPlace place)
    {
        hash = _identity.Compute(_hash, document, cursor);
        return _now.Take(hash, out place) || (_before.Count > 0 && _before.Take(ReferenceEquals(_hash, _hashBefore) ? hash : _identity.Compute(_hashBefore, document, cursor), out place));
    }

    private void Bound()
    {
        if (IsCountOnly || _now.Entries + _before.Entries <= _most) return;
        IsCountOnly = true;
        _now.Clear();
        _before.Clear();
    }
}
