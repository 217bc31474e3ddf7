using System.Buffers;
using System.Buffers.Binary;

namespace DataSync.Extract.Incremental.Gaps;

/// <summary>
/// Which version of which record: a keyed hash of the members that are its key and of its cursor; of its whole bytes where no key is named, or a record has none of its members.
/// The cursor belongs to it, because a record that was delivered and then changed under an old value is missing again.
/// </summary>
internal sealed class RecordIdentity(IReadOnlyList<string> key)
{
    private readonly CursorMember[] _key = [.. key.Select(k => new CursorMember(k))];
    private readonly ArrayBufferWriter<byte> _bytes = new(256);

    /// <summary>Tells states apart that were made from other members.</summary>
    public string Name { get; } = string.Join('\n', key);

    /// <summary>The hash of one record.</summary>
    /// <param name="hash">Makes it.</param>
    /// <param name="document">The record.</param>
    /// <param name="cursor">Its cursor's bytes.</param>
    /// <param name="whole">The hash of its whole bytes, where somebody has made it already.</param>
    public UInt128 Compute(RecordHash hash, ReadOnlySpan<byte> document, ReadOnlySpan<byte> cursor, UInt128? whole = null)
    {
        _bytes.ResetWrittenCount();
        var isNamed = false;
        foreach (var member in _key)
        {
            var value = member.Find(document);
            isNamed |= !value.IsEmpty;
            Append(value);
        }

        if (!isNamed) return whole ?? hash.Compute(document);
        Append(cursor);
        return hash.Compute(_bytes.WrittenSpan);
    }

    /// <summary>The length first, so that no two keys run into the same bytes.</summary>
    private void Append(ReadOnlySpan<byte> value)
    {
        BinaryPrimitives.WriteInt32BigEndian(_bytes.GetSpan(4), value.Length);
        _bytes.Advance(4);
        _bytes.Write(value);
    }
}
