using System.Runtime.CompilerServices;
using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Platform.Tenancy;
using Npgsql;

namespace DataSync.Process.Async.Replay;

/// <summary>Takes a job's records from quarantine: those given to it, in their order, as they were corrected, else as they came.</summary>
internal sealed class ReplayRecordSource(TenantDatabase database) : IRecordSource
{
    private const int BatchBytes = 1024 * 1024;

    public string SourceType => "replay";

    public async IAsyncEnumerable<RecordBatch> ReadAsync(SyncRun run, [EnumeratorCancellation] CancellationToken ct)
    {
        var after = run.Checkpoint.Resume is { ValueKind: JsonValueKind.Object } token ? token.GetProperty("after").GetInt64() : -1;
        var seq = run.Checkpoint.NextSeq;
        await using var connection = await database.ConnectAsync(run.TenantId, ct);
        await using var transaction = await connection.BeginAsync(ct);
        run.Progress.Total = await CountAsync(connection.Connection, run, ct);
        await using var read = Command(
            connection.Connection,
            "SELECT seq, convert_to(coalesce(correction, original)::text, 'UTF8') FROM public.sync_rejections WHERE tenant_id = $1 AND replay_job_id = $2 AND seq > $3 ORDER BY seq",
            run);
        read.Parameters.Add(new NpgsqlParameter<long> { TypedValue = after });
        await using var rows = await read.ExecuteReaderAsync(ct);
        for (var more = true; more;)
        {
            var batch = new RecordBatch(seq, new RecordBuffer(64 * 1024, run.Plan.BatchSize));
            try
            {
                while (batch.Count < run.Plan.BatchSize && batch.Raw.Length < BatchBytes && (more = await rows.ReadAsync(ct)))
                {
                    after = rows.GetInt64(0);
                    batch.Raw.Add(await rows.GetFieldValueAsync<byte[]>(1, ct));
                }
            }
            catch
            {
                batch.Dispose();
                throw;
            }

            batch.ResumeToken = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, long>(StringComparer.Ordinal) { ["after"] = after });
            seq += batch.Count;
            if (batch.Count > 0) yield return batch;
            else batch.Dispose();
        }
    }

    private static async Task<long> CountAsync(NpgsqlConnection connection, SyncRun run, CancellationToken ct)
    {
        await using var count = Command(connection, "SELECT count(*) FROM public.sync_rejections WHERE tenant_id = $1 AND replay_job_id = $2", run);
        return (long)(await count.ExecuteScalarAsync(ct))!;
    }

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, SyncRun run) => new(sql, connection)
    {
        Parameters = { new NpgsqlParameter<string> { TypedValue = run.TenantId }, new NpgsqlParameter<Guid> { TypedValue = run.JobId } },
        CommandTimeout = 0,
    };
}
