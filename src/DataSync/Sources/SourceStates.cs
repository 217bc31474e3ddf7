using System.Text.Json;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Incremental;
using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;

namespace DataSync.Sources;

/// <summary>How far incremental syncs of sources have come, as stored.</summary>
internal sealed class SourceStates(TenantDatabase database)
{
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

    /// <summary>What the next sync of followed changes is planned from; null where there is no such state.</summary>
    public async Task<JsonElement?> FollowedAsync(string tenantId, string sourceId, CancellationToken ct)
        => await FindAsync(tenantId, sourceId, ct) is { StateData: { } stored } ? NextOf(JsonElement.Parse(stored)) : null;

    /// <summary>Forgets the state: the next incremental sync reads everything. Refused while an incremental sync of the source is under way, whose end would bring it back.</summary>
    public async Task ResetAsync(string tenantId, string sourceId, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(tenantId, ct);
        if (await SourceRows.LockAsync(transaction, sourceId, ct) is null) throw SourceFailure.NotFound();
        var open = await transaction.Db.Database.SqlQuery<bool>(
            $"SELECT EXISTS (SELECT 1 FROM sync_jobs WHERE source_id = {sourceId} AND sync_type = 'incremental' AND status IN ('queued', 'running', 'waiting')) AS \"Value\"").SingleAsync(ct);
        if (open) throw new SyncFailureException(SyncFailure.Permanent("errors.job.incremental_open"));
        await transaction.Db.Set<SyncState>().Where(s => s.SourceId == sourceId).ExecuteDeleteAsync(ct);
        await transaction.CommitChangeAsync(ct);
    }

    private static JsonElement? NextOf(JsonElement state)
        => state.ValueKind == JsonValueKind.Object && state.TryGetProperty("kind", out var kind) && kind.ValueEquals("changes") && state.TryGetProperty("next", out var next) ? next : null;
}
