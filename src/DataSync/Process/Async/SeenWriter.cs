using System.Buffers;
using System.Runtime.CompilerServices;
using DataSync.Pipeline;
using DataSync.Pipeline.Refinement;
using Npgsql;

namespace DataSync.Process.Async;

/// <summary>Keeps what refiners must remember, in the transaction of the records it stands for.</summary>
internal sealed class SeenWriter
{
    private readonly Dictionary<string, ArrayBufferWriter<byte>> _seen = new(StringComparer.Ordinal);
    private bool _hasWritten;

    /// <summary>Copies what a batch adds.</summary>
    public void Add(RecordBatch batch)
    {
        foreach (var seen in batch.Seen)
        {
            if (!_seen.TryGetValue(seen.Name, out var hashes)) _seen[seen.Name] = hashes = new ArrayBufferWriter<byte>();
            hashes.Write(seen.Hashes.Span);
        }
    }

    /// <summary>Writes it in the connection's open transaction. With the last commit nobody needs it any more, and it goes.</summary>
    public async Task FlushAsync(NpgsqlConnection connection, SyncRun run, long upto, bool isLast, CancellationToken ct)
    {
        if (isLast)
        {
            if (_hasWritten || (run.Checkpoint.NextSeq > 0 && run.Progress.Rules is not null)) await DeleteAsync(connection, run, ct);
            _seen.Clear();
            return;
        }

        foreach (var (name, hashes) in _seen.Where(s => s.Value.WrittenCount > 0))
        {
            await using var insert = new NpgsqlCommand("INSERT INTO public.sync_seen_values (tenant_id, job_id, name, upto, hashes) VALUES ($1, $2, $3, $4, $5)", connection);
            insert.Parameters.Add(new NpgsqlParameter<string> { TypedValue = run.TenantId });
            insert.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = run.JobId });
            insert.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name });
            insert.Parameters.Add(new NpgsqlParameter<long> { TypedValue = upto });
            insert.Parameters.Add(new NpgsqlParameter<ReadOnlyMemory<byte>> { TypedValue = hashes.WrittenMemory });
            await insert.ExecuteNonQueryAsync(ct);
            hashes.ResetWrittenCount();
            _hasWritten = true;
        }
    }

    /// <summary>Forgets all that a job's refiners remember.</summary>
    public static async Task DeleteAsync(NpgsqlConnection connection, SyncRun run, CancellationToken ct)
    {
        await using var delete = new NpgsqlCommand("DELETE FROM public.sync_seen_values WHERE tenant_id = $1 AND job_id = $2", connection)
        {
            Parameters = { new NpgsqlParameter<string> { TypedValue = run.TenantId }, new NpgsqlParameter<Guid> { TypedValue = run.JobId } },
        };
        await delete.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Streams it back: by name, the one without a name first, each in the order it was kept.</summary>
    public static async IAsyncEnumerable<SeenValues> ReadAsync(NpgsqlConnection connection, SyncRun run, [EnumeratorCancellation] CancellationToken ct)
    {
        await using var read = new NpgsqlCommand(
            "SELECT name, hashes FROM public.sync_seen_values WHERE tenant_id = $1 AND job_id = $2 AND upto <= $3 ORDER BY name COLLATE \"C\", upto", connection)
        {
            Parameters =
            {
                new NpgsqlParameter<string> { TypedValue = run.TenantId }, new NpgsqlParameter<Guid> { TypedValue = run.JobId }, new NpgsqlParameter<long> { TypedValue = run.Checkpoint.NextSeq },
            },
            CommandTimeout = 0,
        };
        await using var rows = await read.ExecuteReaderAsync(ct);
        while (await rows.ReadAsync(ct)) yield return new SeenValues(rows.GetString(0), await rows.GetFieldValueAsync<byte[]>(1, ct));
    }
}
