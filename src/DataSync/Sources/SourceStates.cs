using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Incremental;
using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using NpgsqlTypes;

namespace DataSync.Sources;

/// <summary>How far incremental syncs of sources have come, as stored.</summary>
internal sealed class SourceStates(TenantDatabase database)
{
    /// <summary>
    /// Makes a job's move, in the transaction that completes it: only where the job is complete under its fence, and only from the state that the job began at.
    /// The values are those of <see cref="MoveValues"/>.
    /// </summary>
    public const string MoveSql =
        """
        INSERT INTO sync_state AS s (id, tenant_id, source_id, last_sync_timestamp, last_sync_job_id, last_record_id, state_data, updated_at)
        SELECT $4, j.tenant_id, j.source_id, $5, j.id, $6, $7, now() FROM sync_jobs j
        WHERE j.tenant_id = $1 AND j.id = $2 AND j.fence = $3 AND j.status = 'completed'
            AND ($8::uuid IS NULL OR EXISTS (SELECT FROM sync_state b WHERE b.tenant_id = j.tenant_id AND b.source_id = j.source_id))
        ON CONFLICT (tenant_id, source_id) DO UPDATE SET last_sync_timestamp = excluded.last_sync_timestamp, last_sync_job_id = excluded.last_sync_job_id,
            last_record_id = excluded.last_record_id, state_data = excluded.state_data, updated_at = excluded.updated_at
            WHERE s.last_sync_job_id IS NOT DISTINCT FROM $8::uuid
        """;

    /// <summary>The values of <see cref="MoveSql"/>, in order.</summary>
    public static object[] MoveValues(SyncRun run, StateMove move) =>
    [
        run.TenantId, run.JobId, run.Fence, Guid.CreateVersion7(move.Timestamp), move.Timestamp,
        new NpgsqlParameter { Value = (object?)move.LastRecordId ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
        new NpgsqlParameter { Value = move.Data.GetRawText(), NpgsqlDbType = NpgsqlDbType.Json },
        new NpgsqlParameter { Value = (object?)move.Base ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid },
    ];

    /// <summary>What a run finds and where its move goes.</summary>
    public SourceState Of(string tenantId, string sourceId, StateMove? move) => new(async ct =>
        await FindAsync(tenantId, sourceId, ct) is { StateData: { } data } found ? new StoredState(found.LastSyncJobId, JsonElement.Parse(data)) : null)
    {
        Move = move,
    };

    /// <summary>The stored state; null where there is none.</summary>
    public async Task<SyncState?> FindAsync(string tenantId, string sourceId, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(tenantId, ct);
        return await transaction.Db.Set<SyncState>().AsNoTracking().SingleOrDefaultAsync(s => s.SourceId == sourceId, ct);
    }

    /// <summary>Forgets the state: the next incremental sync reads everything. Refused while an incremental sync of the source is under way, whose end would bring it back.</summary>
    public async Task ResetAsync(string tenantId, string sourceId, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(tenantId, ct);
        if (await SourceRows.LockAsync(transaction, sourceId, ct) is null) throw SourceFailure.NotFound();
        var open = await transaction.Db.Database.SqlQuery<bool>(
            $"SELECT EXISTS (SELECT 1 FROM sync_jobs WHERE source_id = {sourceId} AND sync_type = 'incremental' AND status IN ('queued', 'running', 'waiting')) AS \"Value\"").SingleAsync(ct);
        if (open) throw new SyncFailureException(SyncFailure.Permanent("errors.job.incremental_open"));
        await transaction.Db.Set<SyncState>().Where(s => s.SourceId == sourceId).ExecuteDeleteAsync(ct);
        await transaction.CommitAsync(ct);
    }
}
