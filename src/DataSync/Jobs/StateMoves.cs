using DataSync.Pipeline;
using DataSync.Pipeline.Incremental;
using Npgsql;
using NpgsqlTypes;

namespace DataSync.Jobs;

/// <summary>How a complete job moves its source's incremental state.</summary>
internal static class StateMoves
{
    /// <summary>
    /// Makes a job's move, in the transaction that completes it: only where the job is complete under its fence, and only from the state that the job began at.
    /// The values are those of <see cref="Values"/>.
    /// </summary>
    public const string Sql =
        """
        INSERT INTO sync_state AS s (id, tenant_id, source_id, last_sync_timestamp, last_sync_job_id, last_record_id, state_data, updated_at)
        SELECT $4, j.tenant_id, j.source_id, $5, j.id, $6, $7, now() FROM sync_jobs j
        WHERE j.tenant_id = $1 AND j.id = $2 AND j.fence = $3 AND j.status = 'completed'
            AND ($8::uuid IS NULL OR EXISTS (SELECT FROM sync_state b WHERE b.tenant_id = j.tenant_id AND b.source_id = j.source_id))
        ON CONFLICT (tenant_id, source_id) DO UPDATE SET last_sync_timestamp = excluded.last_sync_timestamp, last_sync_job_id = excluded.last_sync_job_id,
            last_record_id = excluded.last_record_id, state_data = excluded.state_data, updated_at = excluded.updated_at
            WHERE s.last_sync_job_id IS NOT DISTINCT FROM $8::uuid
        """;

    /// <summary>The values of <see cref="Sql"/>, in order.</summary>
    public static object[] Values(SyncRun run, StateMove move) =>
    [
        run.TenantId, run.JobId, run.Fence, Guid.CreateVersion7(move.Timestamp), move.Timestamp,
        new NpgsqlParameter { Value = (object?)move.LastRecordId ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
        new NpgsqlParameter { Value = move.Data.GetRawText(), NpgsqlDbType = NpgsqlDbType.Json },
        new NpgsqlParameter { Value = (object?)move.Base ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid },
    ];
}
