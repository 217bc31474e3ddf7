using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using DataSync.Pipeline;
using DataSync.Pipeline.Documents;
using DataSync.Pipeline.Enriching;
using Npgsql;

namespace DataSync.Process.Async;

/// <summary>Reads a job's records back in bulk, in order: COPY out of the parent table, which row-level security binds like any SELECT.</summary>
internal static class StoredRecords
{
    private const int BatchRecords = 1000;
    private const int BatchBytes = 1024 * 1024;
    private const int HeaderBytes = 19;

    /// <summary>Streams the job's records in order.</summary>
    /// <param name="connection">In a transaction of the tenant.</param>
    /// <param name="run">Whose records.</param>
    /// <param name="wanted">Which of them, and what of each.</param>
    /// <param name="ct">Ends the reading.</param>
    public static IAsyncEnumerable<RecordBatch> ReadAsync(NpgsqlConnection connection, SyncRun run, StoredSelection wanted, CancellationToken ct)
        => ReadAsync(connection, wanted.Sql(run.RecordsOf), wanted.WithSeqs, wanted.Kinds, ct);

    /// <summary>Streams what a SELECT gives.</summary>
    /// <param name="connection">In a transaction of the tenant.</param>
    /// <param name="sql">Sequence numbers (where wanted), originals, refined documents, what others were changed by, metadata, then the kinds.</param>
    /// <param name="withSeqs">The sequence numbers come first.</param>
    /// <param name="kinds">What enrichers made, by these kinds.</param>
    /// <param name="ct">Ends the reading.</param>
    public static async IAsyncEnumerable<RecordBatch> ReadAsync(
        NpgsqlConnection connection, string sql, bool withSeqs, IReadOnlyList<string> kinds, [EnumeratorCancellation] CancellationToken ct)
    {
        // The primary key gives the order and lies nearly in the order of the heap; a sort of a large job would go to disk.
        await using (var plan = new NpgsqlCommand("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off", connection))
        {
            await plan.ExecuteNonQueryAsync(ct);
        }

        await using var stream = await connection.BeginRawBinaryCopyAsync($"COPY ({sql}) TO STDOUT (FORMAT binary)", ct);
        using var reader = new CopyReader(stream);
        await reader.SkipAsync(HeaderBytes, ct);
        var seq = 0L;
        while (true)
        {
            var seqs = withSeqs ? new List<long>(BatchRecords) : null;
            var batch = new RecordBatch(seq, new RecordBuffer(BatchBytes + (64 * 1024), BatchRecords)) { Seqs = seqs };
            var more = false;
            try
            {
                more = await FillAsync(reader, batch, seqs, kinds, ct);
            }
            catch
            {
                batch.Dispose();
                throw;
            }

            seq += batch.Count;
            if (batch.Count > 0) yield return batch;
            else batch.Dispose();
            if (!more) yield break;
        }
    }

    /// <summary>Reads rows until the batch is full; false at the end of the data.</summary>
    private static async ValueTask<bool> FillAsync(CopyReader reader, RecordBatch batch, List<long>? seqs, IReadOnlyList<string> kinds, CancellationToken ct)
    {
        while (batch.Count < BatchRecords && LengthOf(batch) < BatchBytes)
        {
            await reader.BufferAsync(sizeof(short), ct);
            if (kinds.Count == 0 && TryReadRow(reader, batch, seqs)) continue;
            if (await reader.ReadInt16Async(ct) < 0) return false;
            if (seqs is not null)
            {
                await reader.ReadInt32Async(ct); // its length, always 8
                seqs.Add(((long)await reader.ReadInt32Async(ct) << 32) | (uint)await reader.ReadInt32Async(ct));
            }

            await ReadFieldAsync(reader, batch.Raw, ct);
            batch.Refined = await ReadRefinedAsync(reader, batch, ct);
            batch.Metadata = await ReadOptionalAsync(reader, batch.Metadata, batch.Count - 1, ct);
            if (kinds.Count > 0) await ReadEnrichedAsync(reader, batch.Enriched ??= new RecordBuffer(), kinds, ct);
        }

        return true;
    }

    /// <summary>Bytes of everything in the batch: of a refined record, the original may have been left out.</summary>
    private static long LengthOf(RecordBatch batch) => (long)batch.Raw.Length + (batch.Refined?.Length ?? 0) + (batch.Metadata?.Length ?? 0) + (batch.Enriched?.Length ?? 0);

    /// <summary>Reads a row that is in the buffer as a whole, as most are: the server sends each by itself. False, and nothing read, where it is not.</summary>
    private static bool TryReadRow(CopyReader reader, RecordBatch batch, List<long>? seqs)
    {
        var rest = reader.Buffered;
        if (BinaryPrimitives.ReadInt16BigEndian(rest) < 0) return false;
        rest = rest[sizeof(short)..];
        ReadOnlySpan<byte> seq = default;
        if ((seqs is not null && !TryTake(ref rest, out seq)) || !TryTake(ref rest, out var raw) || !TryTake(ref rest, out var refined) || !TryTake(ref rest, out var changes) || !TryTake(ref rest, out var metadata)) return false;
        seqs?.Add(BinaryPrimitives.ReadInt64BigEndian(seq));
        batch.Raw.Add(raw);
        batch.Refined = Add(batch.Refined, refined, raw, changes, batch.Count - 1);
        batch.Metadata = Add(batch.Metadata, metadata, batch.Count - 1);
        reader.Skip(reader.Buffered.Length - rest.Length);
        return true;
    }

    /// <summary>Takes a field off; empty where it is null.</summary>
    private static bool TryTake(scoped ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> field)
    {
        field = default;
        if (rest.Length < sizeof(int)) return false;
        var length = Math.Max(BinaryPrimitives.ReadInt32BigEndian(rest), 0);
        if (rest.Length - sizeof(int) < length) return false;
        field = rest.Slice(sizeof(int), length);
        rest = rest[(sizeof(int) + length)..];
        return true;
    }

    private static RecordBuffer? Add(RecordBuffer? target, ReadOnlySpan<byte> refined, ReadOnlySpan<byte> raw, ReadOnlySpan<byte> changes, int before)
    {
        if (changes.IsEmpty) return Add(target, refined, before);
        target ??= Empty(before);
        DocumentChanges.Apply(raw, changes, target);
        target.EndRecord();
        return target;
    }

    private static RecordBuffer? Add(RecordBuffer? target, ReadOnlySpan<byte> document, int before)
    {
        if (document.IsEmpty && target is null) return null;
        target ??= Empty(before);
        target.Add(document);
        return target;
    }

    /// <summary>The refined document: as it was stored, or made of what the original, which was just read, was changed by.</summary>
    private static async ValueTask<RecordBuffer?> ReadRefinedAsync(CopyReader reader, RecordBatch batch, CancellationToken ct)
    {
        var (target, before) = (batch.Refined, batch.Count - 1);
        if (await reader.ReadInt32Async(ct) is >= 0 and var length) await reader.ReadBytesAsync(target ??= Empty(before), length, ct);
        if (await reader.ReadInt32Async(ct) is >= 0 and var some)
        {
            using var changes = new RecordBuffer(some, 1);
            await reader.ReadBytesAsync(changes, some, ct);
            changes.EndRecord();
            DocumentChanges.Apply(batch.Raw[before], changes[0], target ??= Empty(before));
        }

        target?.EndRecord();
        return target;
    }

    /// <summary>A buffer of so many empty documents.</summary>
    private static RecordBuffer Empty(int documents)
    {
        var buffer = new RecordBuffer();
        for (var i = 0; i < documents; i++) buffer.EndRecord();
        return buffer;
    }

    private static async ValueTask ReadFieldAsync(CopyReader reader, RecordBuffer target, CancellationToken ct)
    {
        if (await reader.ReadInt32Async(ct) is >= 0 and var length) await reader.ReadBytesAsync(target, length, ct);
        target.EndRecord();
    }

    private static async ValueTask<RecordBuffer?> ReadOptionalAsync(CopyReader reader, RecordBuffer? target, int before, CancellationToken ct)
    {
        var length = await reader.ReadInt32Async(ct);
        if (length < 0)
        {
            target?.EndRecord();
            return target;
        }

        target ??= Empty(before);
        await reader.ReadBytesAsync(target, length, ct);
        target.EndRecord();
        return target;
    }

    /// <summary>The columns of the kinds, put together as <see cref="RecordBatch.Enriched"/> has them.</summary>
    private static async ValueTask ReadEnrichedAsync(CopyReader reader, RecordBuffer target, IReadOnlyList<string> kinds, CancellationToken ct)
    {
        var any = false;
        foreach (var kind in kinds)
        {
            var length = await reader.ReadInt32Async(ct);
            if (length < 0) continue;
            EnrichedDocument.Begin(target, kind, any);
            await reader.ReadBytesAsync(target, length, ct);
            any = true;
        }

        EnrichedDocument.End(target, any);
    }
}
