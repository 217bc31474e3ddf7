using System.Text;
using DataSync.Extract.Incremental.Gaps;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Incremental;

/// <summary>
/// Tells new records from those the last sync delivered already: the window begins with the value it ended at, so what had that value comes again. Records are
/// told apart by a keyed hash of their bytes; one that was changed is new. Keeps the hashes that the next sync will need, and no others.
/// </summary>
internal sealed class DeliveredRecords
{
    /// <summary>Hashes held at most: 16 MB of them. More records than that at one value, or within the lag, cannot be told apart.</summary>
    public const int Most = 1_000_000;

    private readonly RecordHash _hash;
    private readonly RecordHash _hashBefore;
    private readonly CursorMember _member;
    private readonly CursorBounds _bounds;
    private readonly Dictionary<UInt128, int> _delivered;
    private readonly List<(CursorValue Value, UInt128 Hash)> _recent = [];
    private readonly List<UInt128> _nulls = [];

    /// <summary>Hashes without their values, so they stay, however far the cursor moves: a few more than needed do no harm.</summary>
    private readonly byte[] _carried = [], _carriedNulls = [];

    private byte[] _lastJson = [];
    private readonly GapMemory? _seen;
    private int _keptAtPruning;

    /// <summary>Begins with nothing seen.</summary>
    /// <param name="hash">Makes the hashes that are kept.</param>
    /// <param name="hashBefore">Made those of <paramref name="before"/>.</param>
    /// <param name="bounds">What decides which hashes are kept.</param>
    /// <param name="before">What was delivered before.</param>
    /// <param name="seen">Told of every record with a value, for the check afterwards; null where none is made.</param>
    /// <param name="carried">What an earlier attempt at this very sync came to, where this one reads nothing of it again; null where it does.</param>
    public DeliveredRecords(RecordHash hash, RecordHash hashBefore, CursorBounds bounds, IEnumerable<CursorState> before, GapMemory? seen = null, CursorState? carried = null)
    {
        (_hash, _hashBefore, _bounds, _member, _seen) = (hash, hashBefore, bounds, new CursorMember(bounds.Field), seen);
        _delivered = [];
        foreach (var state in before)
        {
            // two states that know of one record speak of the same: the higher count holds
            foreach (var (known, count) in CursorState.Unpack([.. state.Hashes, .. state.Nulls])) _delivered[known] = Math.Max(count, _delivered.GetValueOrDefault(known));
        }

        if (carried?.Last is { } last) Last = CursorValue.Parse(_lastJson = Encoding.UTF8.GetBytes(last.GetRawText()));
        if (carried?.KeyId == hash.Id) (_carried, _carriedNulls) = (carried.Hashes, carried.Nulls);
    }

    /// <summary>The greatest value seen; null where none was.</summary>
    public CursorValue? Last { get; private set; }

    /// <summary>Sets aside what was delivered before, and remembers the rest.</summary>
    public void Pass(RecordBatch batch)
    {
        for (var i = 0; i < batch.Count; i++)
        {
            var document = batch.Raw[i];
            var json = _member.Find(document);
            if (json.IsEmpty)
            {
                if (!_bounds.Nulls) batch.SetAside(i);
                else if (IsDeliveredNull(document)) batch.SetAside(i);
                continue;
            }

            var value = json.SequenceEqual(_lastJson) ? Last!.Value : CursorValue.Parse(json);
            if (_bounds.IsOutside(value))
            {
                batch.SetAside(i);
                continue;
            }

            Advance(value, json);
            var hash = _hash.Compute(document);
            _recent.Add((value, hash));
            _seen?.Add(document, json, hash);
            if (WasDelivered(document, hash)) batch.SetAside(i);
        }

        Prune();
    }

    /// <summary>The hashes the next sync will need, as they are now.</summary>
    public (byte[] Recent, byte[] Nulls) Hashes()
    {
        Prune(always: true);
        return ([.. _carried, .. CursorState.Pack(_recent.Select(r => r.Hash))], [.. _carriedNulls, .. CursorState.Pack(_nulls)]);
    }

    /// <summary>Records with a value that the next sync sees again.</summary>
    public int Recent => _recent.Count;

    /// <summary>How many hashes there are now.</summary>
    public int Count => _recent.Count + _nulls.Count + ((_carried.Length + _carriedNulls.Length) / RecordHash.Bytes);

    private bool IsDeliveredNull(ReadOnlySpan<byte> document)
    {
        var hash = _hash.Compute(document);
        _nulls.Add(hash);
        Check();
        return WasDelivered(document, hash);
    }

    private bool WasDelivered(ReadOnlySpan<byte> document, UInt128 hash)
    {
        if (_delivered.Count == 0) return false;
        if (!ReferenceEquals(_hash, _hashBefore)) hash = _hashBefore.Compute(document);
        if (!_delivered.TryGetValue(hash, out var left)) return false;
        if (left > 1) _delivered[hash] = left - 1;
        else _delivered.Remove(hash);
        return true;
    }

    private void Advance(CursorValue value, ReadOnlySpan<byte> json)
    {
        if (Last is { } last && (json.SequenceEqual(_lastJson) || (!_bounds.IsOrdered && value.CompareTo(last) <= 0))) return;
        if (_bounds.EndsWithValue) _recent.Clear();
        (Last, _lastJson) = (value, json.ToArray());
    }

    private void Prune(bool always = false)
    {
        if (!always && _recent.Count < (2 * _keptAtPruning) + 1024) return;
        if (Last is { } last && !_bounds.EndsWithValue)
        {
            var least = _bounds.Next(last);
            if (least is { } from) _recent.RemoveAll(r => r.Value.CompareTo(from) < 0);
        }

        _keptAtPruning = _recent.Count;
        Check();
    }

    private void Check()
    {
        if (Count > Most) throw new SyncFailureException(SyncFailure.Permanent("errors.extraction.cursor_ties", ("field", _bounds.Field), ("most", Most)));
    }
}
