using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using DataSync.Pipeline;
using Npgsql;

namespace DataSync.Process.Async;

/// <summary>
/// Writes records into the job's leaf of <c>sync_data</c> in PostgreSQL's binary COPY format; of a refined one the few bytes that say what was changed, where they do. The documents' bytes go from the batch to the
/// socket's buffer once; nothing is parsed and nothing is allocated per record. The tenant is not among the columns: the database adds it.
/// </summary>
internal sealed class LeafCopy : IAsyncDisposable
{
    private const int FlushAt = 128 * 1024;

    /// <summary>The signature, no flags, no header extension.</summary>
    private static readonly byte[] Header = [.. "PGCOPY\n"u8, 0xFF, .. "\r\n\0"u8, 0, 0, 0, 0, 0, 0, 0, 0];

    private readonly Stream _stream;
    private readonly ArrayBufferWriter<byte> _buffer;
    private readonly byte[] _job = new byte[16];
    private readonly byte[] _sourceId;
    private readonly long _processedAt;

    private LeafCopy(Stream stream, ArrayBufferWriter<byte> buffer, SyncRun run, DateTimeOffset now)
    {
        (_stream, _buffer, _sourceId) = (stream, buffer, Encoding.UTF8.GetBytes(run.SourceId));
        run.JobId.TryWriteBytes(_job, bigEndian: true, out _);
        _processedAt = (now.UtcTicks - new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero).UtcTicks) / TimeSpan.TicksPerMicrosecond;
    }

    /// <summary>The leaf a job's records lie in: named by the day (UTC) in the job's UUIDv7.</summary>
    public static string LeafOf(Guid jobId)
    {
        Span<byte> bytes = stackalloc byte[16];
        jobId.TryWriteBytes(bytes, bigEndian: true, out _);
        var milliseconds = (long)(BinaryPrimitives.ReadUInt64BigEndian(bytes) >> 16);
        return "sync_data_" + DateTimeOffset.FromUnixTimeMilliseconds(milliseconds).UtcDateTime.ToString("yyyyMMdd", CultureInfo.InvariantCulture);
    }

    /// <summary>Begins the COPY in the connection's open transaction. <paramref name="buffer"/> is reused from one COPY to the next.</summary>
    public static async Task<LeafCopy> BeginAsync(NpgsqlConnection connection, SyncRun run, ArrayBufferWriter<byte> buffer, DateTimeOffset now, CancellationToken ct)
    {
        // The leaf's name is made of a number: nothing of a tenant's is in this text.
        var stream = await connection.BeginRawBinaryCopyAsync(
            $"COPY public.{LeafOf(run.JobId)} (job_id, seq, id, source_id, raw_data, refined_data, refined_changes, metadata, processed_at) FROM STDIN (FORMAT binary)", ct);
        buffer.ResetWrittenCount();
        buffer.Write(Header);
        return new LeafCopy(stream, buffer, run, now);
    }

    /// <summary>Writes the batch's records that were not refused; returns how many.</summary>
    public async Task<int> WriteAsync(RecordBatch batch, CancellationToken ct)
    {
        var written = 0;
        for (var i = 0; i < batch.Count; i++)
        {
            if (!batch.IsKept(i)) continue;
            WriteRow(batch, i);
            written++;
            if (_buffer.WrittenCount >= FlushAt) await FlushAsync(ct);
        }

        return written;
    }

    /// <summary>Ends the COPY; the transaction stays open.</summary>
    public async Task CompleteAsync(CancellationToken ct)
    {
        BinaryPrimitives.WriteInt16BigEndian(_buffer.GetSpan(2), -1);
        _buffer.Advance(2);
        await FlushAsync(ct);
        await _stream.DisposeAsync();
    }

    /// <summary>Without <see cref="CompleteAsync"/> the stream is left to the transaction's end, which undoes it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stream is NpgsqlRawCopyStream { CanWrite: true } open) await open.CancelAsync();
    }

    private void WriteRow(RecordBatch batch, int index)
    {
        var seq = batch.SeqOf(index);
        var head = _buffer.GetSpan(2 + 4 + 16 + 4 + 8 + 4 + 16);
        BinaryPrimitives.WriteInt16BigEndian(head, 9);
        BinaryPrimitives.WriteInt32BigEndian(head[2..], 16);
        _job.CopyTo(head[6..]);
        BinaryPrimitives.WriteInt32BigEndian(head[22..], 8);
        BinaryPrimitives.WriteInt64BigEndian(head[26..], seq);
        BinaryPrimitives.WriteInt32BigEndian(head[34..], 16);
        RecordId.Write(head[38..], _job, seq);
        _buffer.Advance(54);
        WriteField(_sourceId);
        WriteField(batch.Raw[index]);
        var isShort = batch.Changes?[index].IsEmpty == false;
        WriteOptional(isShort ? null : batch.Refined, index);
        WriteOptional(batch.Changes, index);
        WriteOptional(batch.Metadata, index);
        var tail = _buffer.GetSpan(12);
        BinaryPrimitives.WriteInt32BigEndian(tail, 8);
        BinaryPrimitives.WriteInt64BigEndian(tail[4..], _processedAt);
        _buffer.Advance(12);
    }

    private void WriteOptional(RecordBuffer? documents, int index)
    {
        if (documents is not null && documents[index] is { Length: > 0 } document)
        {
            WriteField(document);
            return;
        }

        BinaryPrimitives.WriteInt32BigEndian(_buffer.GetSpan(4), -1);
        _buffer.Advance(4);
    }

    private void WriteField(ReadOnlySpan<byte> value)
    {
        var span = _buffer.GetSpan(4 + value.Length);
        BinaryPrimitives.WriteInt32BigEndian(span, value.Length);
        value.CopyTo(span[4..]);
        _buffer.Advance(4 + value.Length);
    }

    private async Task FlushAsync(CancellationToken ct)
    {
        await _stream.WriteAsync(_buffer.WrittenMemory, ct);
        _buffer.ResetWrittenCount();
    }
}
