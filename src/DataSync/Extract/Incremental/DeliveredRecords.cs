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
    private readonly CursorMember _member;
    private readonly CursorBounds _bounds;

    /// <summary>What was delivered before, by the key that made the hashes: an attempt after a key was rotated left some by the new one, the sync before some by the old.</summary>
    private readonly List<(RecordHash By, Dictionary<UInt128, int> Left)> _delivered = [];
    private readonly List<(CursorValue Value, UInt128 Hash)> _recent = [];
    private readonly List<UInt128> _nulls = [];

    /// <summary>Of values before the last, where only the source knows which of them lie above the floor: whoever changed the floor's own record took the only sign of it away. The latest of them.</summary>
    private readonly List<UInt128> _beforeFloor = [];

    /// <summary>Hashes without their values, so they stay, however far the cursor moves: a few more than needed do no harm.</summary>
    private readonly byte[] _carried = [], _carriedNulls = [];

    private byte[] _lastJson = [];
    private readonly GapCheck? _seen;
    private int _keptAtPruning;

    /// <summary>Begins with nothing seen.</summary>
    /// <param name="hash">Makes the hashes that are kept.</param>
    /// <param name="bounds">What decides which hashes are kept.</param>
    /// <param name="before">What was delivered before, and what made its hashes.</param>
    /// <param name="seen">Told of every record with a value, for the check afterwards; null where none is made.</param>
    /// <param name="carried">What an earlier attempt at this very sync came to, where this one reads nothing of it again; null where it does.</param>
    public DeliveredRecords(RecordHash hash, CursorBounds bounds, IEnumerable<(RecordHash By, CursorState State)> before, GapCheck? seen = null, CursorState? carried = null)
    {
        (_hash, _bounds, _member, _seen) = (hash, bounds, new CursorMember(bounds.Field), seen);
        foreach (var states in before.GroupBy(b => b.By.Id, StringComparer.Ordinal))
        {
            var left = new Dictionary<UInt128, int>();
            foreach (var (_, state) in states)
            {
                // two states that know of one record speak of the same: the higher count holds
                foreach (var (known, count) in CursorState.Unpack([.. state.Hashes, .. state.Nulls])) left[known] = Math.Max(count, left.GetValueOrDefault(known));
            }

            if (left.Count > 0) _delivered.Add((states.Key == hash.Id ? hash : states.First().By, left));
        }

        if (carried?.Last is { } last) Last = bounds.Scale.Parse(_lastJson = Encoding.UTF8.GetBytes(last.GetRawText()));
        if (carried?.KeyId == hash.Id) (_carried, _carriedNulls) = (carried.Hashes, carried.Nulls);
    }

    /// <summary>The greatest value seen; null where none was.</summary>
    public CursorValue? Last { get; private set; }

    /// <summary>The reading has come to the floor (<see cref="CursorBounds.ReachesFloor"/>).</summary>
    public bool IsPastFloor { get; private set; }

    /// <summary>Records whose value has no place beside the others (<see cref="CursorBounds.IsOdd"/>).</summary>
    public long Odd { get; private set; }

    /// <summary>Sets aside what was delivered before, and remembers the rest.</summary>
    public void Pass(RecordBatch batch)
    {
        for (var i = 0; i < batch.Count; i++)
        {
            var document = batch.Raw[i];
            var json = _member.Find(document);
            if (json.IsEmpty)
            {
                if (!_bounds.Nulls ? !batch.IsRejected(i) : IsDeliveredUnplaced(document)) batch.SetAside(i); // one that is refused may have lost the value with what was too large in it
                continue;
            }

            var value = json.SequenceEqual(_lastJson) ? Last!.Value : _bounds.Scale.Measure(json);
            if (_bounds.IsOdd(value, Last))
            {
                Odd++;
                if (IsDeliveredUnplaced(document)) batch.SetAside(i);
                continue;
            }

            if (_bounds.IsOutside(value))
            {
                batch.SetAside(i);
                continue;
            }

            Advance(value, json);
            if (!IsPastFloor && _bounds.ReachesFloor(value))
            {
                IsPastFloor = true;
                _beforeFloor.Clear();
            }

            var hash = _hash.Compute(document);
            _recent.Add((value, hash));
            var wasDelivered = WasDelivered(document, hash);
            _seen?.See(document, json, value, hash, wasDelivered);
            if (wasDelivered) batch.SetAside(i);
        }

        Prune();
    }

    /// <summary>The hashes the next sync will need, as they are now.</summary>
    /// <param name="isWhole">The reading has come to its end: the next sync begins at the floor, also where that was not met.</param>
    public (byte[] Recent, byte[] Nulls) Hashes(bool isWhole = false)
    {
        Prune(always: true);
        var before = isWhole && !IsPastFloor ? _beforeFloor : [];
        return ([.. _carried, .. CursorState.Pack(before), .. CursorState.Pack(_recent.Select(r => r.Hash))], [.. _carriedNulls, .. CursorState.Pack(_nulls)]);
    }

    /// <summary>Records with a value that the next sync sees again.</summary>
    public int Recent => _recent.Count;

    /// <summary>How many hashes there are now.</summary>
    public int Count => _recent.Count + _nulls.Count + ((_carried.Length + _carriedNulls.Length) / RecordHash.Bytes);

    /// <summary>Of a record without a value, or with one that has no place.</summary>
    private bool IsDeliveredUnplaced(ReadOnlySpan<byte> document)
    {
        var hash = _hash.Compute(document);
        _nulls.Add(hash);
        Check();
        return WasDelivered(document, hash);
    }

    private bool WasDelivered(ReadOnlySpan<byte> document, UInt128 hash)
    {
        var was = false;
        foreach (var (by, left) in _delivered)
        {
            // counted off in each, for the same reason
            if (left.Count == 0) continue;
            var known = ReferenceEquals(by, _hash) ? hash : by.Compute(document);
            if (!left.TryGetValue(known, out var count)) continue;
            was = true;
            if (count > 1) left[known] = count - 1;
            else left.Remove(known);
        }

        return was;
    }

    private void Advance(CursorValue value, ReadOnlySpan<byte> json)
    {
        if (Last is { } last && (json.SequenceEqual(_lastJson) || (!_bounds.IsOrdered && value.CompareTo(last) <= 0))) return;
        var isHidden = !IsPastFloor && _bounds.HidesItsOrder(value);
        var isSame = value.Kind != CursorKind.Text && value.Kind == Last?.Kind && value.CompareTo(Last.Value) == 0;
        if ((_bounds.EndsWithValue || isHidden) && !isSame)
        {
            if (isHidden) Move();
            _recent.Clear();
        }

        (Last, _lastJson) = (_bounds.Scale.Parse(json), json.ToArray());
    }

    /// <summary>Keeps what the value before had, and not more than <see cref="Most"/> with it.</summary>
    private void Move()
    {
        if (_beforeFloor.Count >= Most / 2) _beforeFloor.RemoveRange(0, Most / 4);
        _beforeFloor.AddRange(_recent.Take(Most / 4).Select(r => r.Hash));
    }

    private void Prune(bool always = false)
    {
        if (!always && _recent.Count < (2 * _keptAtPruning) + 1024) return;
        if (Last is { } last && !_bounds.EndsWithValue && !_bounds.HidesItsOrder(last))
        {
            var least = _bounds.Next(last, IsPastFloor);
            if (least is { } from) _recent.RemoveAll(r => r.Value.CompareTo(from) < 0);
        }

        _keptAtPruning = _recent.Count;
        Check();
    }

    private void Check()
    {
        if (Count <= Most) return;
        var key = _bounds.IsUndecided ? "errors.extraction.cursor_undecided" : Odd > _recent.Count ? "errors.extraction.cursor_unordered" : "errors.extraction.cursor_ties";
        throw new SyncFailureException(SyncFailure.Permanent(key, ("field", _bounds.Field), ("most", Most)));
    }
}
