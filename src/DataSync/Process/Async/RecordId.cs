using System.Buffers.Binary;

namespace DataSync.Process.Async;

/// <summary>
/// The public id of a stored record: the job's UUIDv7 with its last 48 bits replaced by the record's sequence number. So an id needs no index
/// of its own: it tells the key <c>(job_id, seq)</c>.
/// </summary>
internal static class RecordId
{
    /// <summary>The largest sequence number an id can hold.</summary>
    public const long MaxSeq = (1L << 48) - 1;

    /// <summary>Writes the id of a job's record in network order.</summary>
    public static void Write(Span<byte> target, ReadOnlySpan<byte> job, long seq)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((ulong)seq, (ulong)MaxSeq, nameof(seq));
        job[..10].CopyTo(target);
        BinaryPrimitives.WriteUInt16BigEndian(target[10..], (ushort)(seq >> 32));
        BinaryPrimitives.WriteUInt32BigEndian(target[12..], (uint)seq);
    }

    /// <summary>The sequence number in an id of this job; false for an id of another one.</summary>
    public static bool TryGetSeq(Guid job, Guid record, out long seq)
    {
        Span<byte> jobBytes = stackalloc byte[16], recordBytes = stackalloc byte[16];
        job.TryWriteBytes(jobBytes, bigEndian: true, out _);
        record.TryWriteBytes(recordBytes, bigEndian: true, out _);
        seq = ((long)BinaryPrimitives.ReadUInt16BigEndian(recordBytes[10..]) << 32) | BinaryPrimitives.ReadUInt32BigEndian(recordBytes[12..]);
        return jobBytes[..10].SequenceEqual(recordBytes[..10]);
    }
}
