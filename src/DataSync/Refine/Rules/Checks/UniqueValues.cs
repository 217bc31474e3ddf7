using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Refinement;
using DataSync.Platform.Http.Security;

namespace DataSync.Refine.Rules.Checks;

/// <summary>
/// The values that a job's kept records have in the fields that must be unique: 128 bits of an HMAC of each, under a random key of the job's own. What a batch adds
/// goes with its checkpoint, so an attempt after a crash knows what the records before it were.
/// </summary>
internal sealed class UniqueValues(UniqueMemory memory, IReadOnlyList<string> names) : IDisposable
{
    /// <summary>Distinct values of a job at most, over all its checks: beyond, the job fails.</summary>
    public const int Most = 6_000_000;

    private const string KeyName = "";
    private const int HashBytes = 16;
    private readonly SeenSet[] _sets = [.. names.Select(_ => new SeenSet(memory))];
    private readonly ArrayBufferWriter<byte>[] _added = [.. names.Select(_ => new ArrayBufferWriter<byte>())];
    private readonly List<(int Check, UInt128 Hash)> _pending = [];
    private byte[]? _key;
    private KeyedHash? _hash;
    private bool _keyIsKept;
    private int _count;

    /// <summary>False where a kept record has the value; else the record at hand claims it.</summary>
    public bool TryClaim(int check, ReadOnlySpan<byte> value)
    {
        if (_hash is null) Use(RandomNumberGenerator.GetBytes(KeyedHash.Bytes));
        Span<byte> hash = stackalloc byte[KeyedHash.Bytes];
        _hash!.Compute(default, value, default, hash);
        var key = BinaryPrimitives.ReadUInt128LittleEndian(hash);
        if (_sets[check].Contains(key)) return false;
        _pending.Add((check, key));
        return true;
    }

    /// <summary>The record at hand is kept: its values are taken.</summary>
    public void Keep()
    {
        if (_pending.Count == 0) return;
        foreach (var (check, hash) in _pending)
        {
            Add(check, hash);
            BinaryPrimitives.WriteUInt128LittleEndian(_added[check].GetSpan(HashBytes), hash);
            _added[check].Advance(HashBytes);
        }

        _pending.Clear();
    }

    /// <summary>The record at hand is refused: its values are free.</summary>
    public void Drop() => _pending.Clear();

    /// <summary>What was kept since the last call.</summary>
    public IReadOnlyList<SeenValues> Take()
    {
        List<SeenValues> taken = [];
        for (var i = 0; i < _added.Length; i++)
        {
            if (_added[i].WrittenCount == 0) continue;
            taken.Add(new SeenValues(NameOf(i), _added[i].WrittenSpan.ToArray()));
            _added[i].ResetWrittenCount();
        }

        if (taken.Count == 0 || _keyIsKept) return taken;
        _keyIsKept = true;
        return [new SeenValues(KeyName, _key), .. taken];
    }

    /// <summary>Takes back what <see cref="Take"/> gave: the key comes first.</summary>
    public void Recall(SeenValues seen)
    {
        if (seen.Name == KeyName)
        {
            Use(seen.Hashes.ToArray());
            _keyIsKept = true;
            return;
        }

        var check = int.Parse(seen.Name, NumberStyles.None, CultureInfo.InvariantCulture);
        for (var rest = seen.Hashes.Span; rest.Length >= HashBytes; rest = rest[HashBytes..]) Add(check, BinaryPrimitives.ReadUInt128LittleEndian(rest));
    }

    public void Dispose()
    {
        foreach (var set in _sets) set.Dispose();
    }

    private void Use(byte[] key) => (_key, _hash) = (key, new KeyedHash(key));

    private void Add(int check, UInt128 hash)
    {
        if (_sets[check].Add(hash) && ++_count > Most) throw new SyncFailureException(SyncFailure.Permanent("errors.rules.unique_limit", ("limit", Most), ("rule", names[check])));
    }

    /// <summary>By its place among the set's unique checks, which is the same for each attempt of a job.</summary>
    private static string NameOf(int check) => check.ToString(CultureInfo.InvariantCulture);
}
