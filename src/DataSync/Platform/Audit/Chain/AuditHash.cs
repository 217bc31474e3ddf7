using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace DataSync.Platform.Audit.Chain;

/// <summary>
/// The hash of an entry: SHA-256 over its canonical bytes, in which each field is told from its neighbours by its length, so that no two entries have the same. Its words are in it as their own hash.
/// The format is published (docs/audit.md) and never changes: what is hashed today must be verified in years.
/// </summary>
internal static class AuditHash
{
    public const int Bytes = SHA256.HashSizeInBytes;

    private const uint Null = uint.MaxValue;

    /// <summary>The previous hash of a tenant's first entry.</summary>
    public static byte[] None { get; } = new byte[Bytes];

    private static readonly byte[] Format = "datasync-audit/1"u8.ToArray();
    private static readonly byte[] WordsFormat = "datasync-audit-words/1"u8.ToArray();

    /// <summary>The hash of an entry's words and their salt. The database makes the same one (<c>audit_digest</c>).</summary>
    public static byte[] OfWords(AuditEntry entry, ArrayBufferWriter<byte> buffer)
    {
        buffer.ResetWrittenCount();
        buffer.Write(WordsFormat);
        buffer.Write(entry.Salt);
        Text(buffer, entry.Actor);
        Text(buffer, entry.Client);
        Text(buffer, entry.Target);
        Text(buffer, entry.Details);
        return SHA256.HashData(buffer.WrittenSpan);
    }

    /// <summary>The hash of an entry at its place.</summary>
    /// <param name="entry">The entry, with its words' hash.</param>
    /// <param name="sequence">Its place in the tenant's chain.</param>
    /// <param name="previous">The hash of the entry before.</param>
    /// <param name="buffer">Scratch memory, for many entries one after the other.</param>
    public static byte[] Of(AuditEntry entry, long sequence, ReadOnlySpan<byte> previous, ArrayBufferWriter<byte> buffer)
    {
        buffer.ResetWrittenCount();
        buffer.Write(Format);
        Text(buffer, entry.TenantId);
        Number(buffer, sequence);
        Number(buffer, Microseconds(entry.Time));
        Text(buffer, entry.ActorKind);
        Text(buffer, entry.Action);
        Text(buffer, entry.TargetKind);
        Text(buffer, entry.Outcome);
        Text(buffer, entry.CorrelationId);
        buffer.Write(entry.Digest);
        buffer.Write(previous);
        return SHA256.HashData(buffer.WrittenSpan);
    }

    /// <summary>Since 1970 in UTC; what the database keeps of a time.</summary>
    public static long Microseconds(DateTimeOffset time) => (time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    private static void Number(ArrayBufferWriter<byte> buffer, long value)
    {
        BinaryPrimitives.WriteInt64BigEndian(buffer.GetSpan(sizeof(long)), value);
        buffer.Advance(sizeof(long));
    }

    private static void Text(ArrayBufferWriter<byte> buffer, string? text)
    {
        var length = buffer.GetSpan(sizeof(uint));
        BinaryPrimitives.WriteUInt32BigEndian(length, text is null ? Null : (uint)Encoding.UTF8.GetByteCount(text));
        buffer.Advance(sizeof(uint));
        if (text is not null) Encoding.UTF8.GetBytes(text, buffer);
    }
}
