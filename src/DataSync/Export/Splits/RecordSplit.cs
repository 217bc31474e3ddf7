using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using DataSync.Export.Records;

namespace DataSync.Export.Splits;

/// <summary>
/// Divides records into parts by a hash, so a record is in the same part in every format, in every run and whatever other records there are. The place of a record is a
/// number from 0 to 99: the first eight bytes of <c>SHA-256(seed ":" key)</c>, the seed in decimal digits, as a big-endian number, modulo 100. A record without the key takes its
/// own bytes as they were extracted.
/// </summary>
internal sealed class RecordSplit : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly SplitKey? _key;
    private readonly byte[] _seed;
    private readonly int[] _partOf = new int[100];
    private readonly List<(int Part, int From, int Count)> _stretches = [];

    /// <summary>A split.</summary>
    /// <param name="plan">What was asked for.</param>
    /// <param name="added">The members that the export adds to records.</param>
    public RecordSplit(SplitPlan plan, IReadOnlyList<AddedMember> added)
    {
        _key = plan.Key is { } path ? new SplitKey(path, added) : null;
        _seed = Encoding.ASCII.GetBytes(plan.Seed.ToString(CultureInfo.InvariantCulture) + ":");
        var next = 0;
        for (var part = 0; part < plan.Parts.Count; part++)
        {
            Array.Fill(_partOf, part, next, plan.Parts[part].Percent);
            next += plan.Parts[part].Percent;
        }
    }

    /// <summary>Decides on every record of a batch: stretches of records that follow one another and are in one part. Valid until the next batch.</summary>
    public IReadOnlyList<(int Part, int From, int Count)> Divide(RecordView view)
    {
        _stretches.Clear();
        for (var i = 0; i < view.Count; i++)
        {
            var part = PartOf(view[i], view.Extracted(i));
            if (_stretches.Count > 0 && _stretches[^1].Part == part) _stretches[^1] = (part, _stretches[^1].From, _stretches[^1].Count + 1);
            else _stretches.Add((part, i, 1));
        }

        return _stretches;
    }

    /// <summary>The part of a record.</summary>
    /// <param name="document">As it is exported: it has the key.</param>
    /// <param name="extracted">As it was extracted: what refinement and an export's options add differs from run to run.</param>
    private int PartOf(ReadOnlySpan<byte> document, ReadOnlySpan<byte> extracted)
    {
        var key = _key is null ? default : _key.Find(document);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        _hash.AppendData(_seed);
        _hash.AppendData(key.IsEmpty ? extracted : key);
        _hash.GetHashAndReset(hash);
        return _partOf[BinaryPrimitives.ReadUInt64BigEndian(hash) % 100];
    }

    public void Dispose() => _hash.Dispose();
}
