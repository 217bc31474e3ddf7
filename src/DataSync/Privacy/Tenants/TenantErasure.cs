using System.Text.Json;
using DataSync.Pipeline.Privacy;
using DataSync.Platform.Audit;
using DataSync.Platform.Encryption;
using DataSync.Platform.Persistence;
using DataSync.Platform.Tenancy;
using Microsoft.Extensions.Logging;

namespace DataSync.Privacy.Tenants;

/// <summary>
/// Erases a tenant: what annotators' servers have of it; then its keys, so that from there nothing sealed can be opened, in no backup of the other tables either; then every row that the catalogue knows of, and every file. Jobs
/// that run lose their rows, and with them the right to write. It may be ended and repeated at any point.
/// </summary>
internal sealed partial class TenantErasure(DataSources sources, TenantDatabase database, TenantTasks tasks, DataKeyCache keys, DeleteTenantExports files, TimeProvider time, ILogger<TenantErasure> logger)
{
    private const int Chunk = 5000;

    /// <summary>Where a project's tasks cannot be removed, nothing else goes, or nobody could remove them later; unless they are to be left.</summary>
    public async Task<TenantErased> RunAsync(string tenantId, bool leaveTasks, CancellationToken ct)
    {
        ArgumentException.ThrowIfNullOrEmpty(tenantId);
        var sent = await tasks.ForgetAsync(tenantId, ct);
        if (sent.Unreached.Count > 0 && !leaveTasks) return new TenantErased(0, sent.Tasks, sent.OutOfReach, sent.Unreached);
        var removed = 0L;
        for (long some; (some = await SomeAsync(tenantId, ct)) > 0;) removed += some;
        keys.Forget(tenantId);

        // An erasure that is making files again finds its request gone at the next step; until then it has the turn.
        await using var turn = await TurnAsync(tenantId, ct);
        await files(tenantId, ct);

        // who was writing when its job went may have written since
        for (long some; (some = await SomeAsync(tenantId, ct)) > 0;) removed += some;
        await files(tenantId, ct);
        if (removed > 0) await TellAsync(tenantId, removed, sent.Tasks, ct);
        Log.Erased(logger, removed, sent.Tasks);
        return new TenantErased(removed, sent.Tasks, sent.OutOfReach, sent.Unreached);
    }

    /// <summary>The last entry of the tenant's log, which keeps its words: it names nobody.</summary>
    private async Task TellAsync(string tenantId, long removed, int annotated, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(tenantId, ct);
        await AuditInsert.AddAsync(
            transaction,
            new PendingAuditEntry
            {
                TenantId = tenantId,
                Time = time.GetUtcNow(),
                ActorKind = AuditActor.Command,
                Actor = "erase-tenant",
                Action = "tenant.erase",
                TargetKind = "tenant",
                Details = JsonSerializer.Serialize(new Dictionary<string, long>(StringComparer.Ordinal) { ["rows"] = removed, ["annotation_tasks"] = annotated }),
            },
            ct);
        await transaction.CommitAsync(ct);
    }

    private async Task<TenantTurn> TurnAsync(string tenantId, CancellationToken ct)
    {
        while (true)
        {
            if (await TenantTurn.TakeAsync(database, tenantId, ct) is { } turn) return turn;
            await Task.Delay(TimeSpan.FromSeconds(1), time, ct);
        }
    }

    private async Task<long> SomeAsync(string tenantId, CancellationToken ct)
    {
        await using var command = sources.System.CreateCommand("SELECT public.erase_tenant_rows($1, $2)");
        command.Parameters.AddWithValue(tenantId);
        command.Parameters.AddWithValue(Chunk);
        return (long)(await command.ExecuteScalarAsync(ct))!;
    }

    private static partial class Log
    {
        [LoggerMessage(2047, LogLevel.Warning, "A tenant was erased: its keys, {Rows} rows, {Tasks} tasks at annotators' servers and all of its files")]
        public static partial void Erased(ILogger logger, long rows, int tasks);
    }
}
