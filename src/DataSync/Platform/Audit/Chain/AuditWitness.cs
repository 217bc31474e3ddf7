namespace DataSync.Platform.Audit.Chain;

/// <summary>All anchors of one tenant beside its chain: each is compared with the entry of its number, once, on one way along both.</summary>
internal sealed class AuditWitness
{
    private readonly List<AuditHead> _heads;
    private int _next;

    /// <summary>Begins before the first number.</summary>
    /// <param name="heads">In any order, and some of them several times: processes write the same head.</param>
    public AuditWitness(IEnumerable<AuditHead> heads)
    {
        _heads = [.. heads.OrderBy(h => h.Sequence)];
        for (var i = 1; i < _heads.Count && Torn is null; i++)
        {
            if (_heads[i].Sequence == _heads[i - 1].Sequence && !Same(_heads[i], _heads[i - 1])) Torn = _heads[i].Sequence;
        }
    }

    /// <summary>The furthest number that an anchor names; 0 where there is none.</summary>
    public long Furthest => _heads.Count == 0 ? 0 : _heads[^1].Sequence;

    /// <summary>The first number to which anchors give two hashes: no chain can have been whole at both times. Null where they are of one mind.</summary>
    public long? Torn { get; }

    /// <summary>Whether every anchor of this number names this hash. Numbers must rise from call to call; those between are passed over.</summary>
    public bool Agrees(AuditHead entry)
    {
        while (_next < _heads.Count && _heads[_next].Sequence < entry.Sequence) _next++;
        var agrees = true;
        for (; _next < _heads.Count && _heads[_next].Sequence == entry.Sequence; _next++) agrees &= Same(_heads[_next], entry);
        return agrees;
    }

    private static bool Same(AuditHead one, AuditHead other) => one.Hash.AsSpan().SequenceEqual(other.Hash);
}
