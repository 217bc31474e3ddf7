using DataSync.Platform.Encryption;
using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace DataSync.Refine.LabelStudio.Projects;

/// <summary>Moves the keys to tenants' own servers to a new data key, one project a transaction, while they are used.</summary>
internal sealed partial class SealedProjectKeys(TenantDatabase database, ProjectStore store, ILogger<SealedProjectKeys> logger) : ISealedStore
{
    public Task<ResealOutcome> ResealAsync(string tenantId, int keyId, CancellationToken ct)
        => database.EachAsync(tenantId, t => t.Db.Set<LabelStudioProject>().Where(p => p.ApiKey != null).Select(p => p.ProjectId).ToListAsync(ct), (t, project) => MoveAsync(t, project, keyId, ct), ct);

    public async Task<IReadOnlySet<int>> KeysInUseAsync(TenantTransaction transaction, CancellationToken ct)
        => DataKey.KeyIdsOf(await transaction.Db.Set<LabelStudioProject>().Where(p => p.ApiKey != null).Select(p => p.ApiKey).ToListAsync(ct));

    /// <summary>True if moved, false if it does not open, null if there was nothing to do.</summary>
    private async Task<bool?> MoveAsync(TenantTransaction transaction, long project, int keyId, CancellationToken ct)
    {
        var row = await transaction.Db.Set<LabelStudioProject>().FromSql($"SELECT * FROM label_studio_projects WHERE project_id = {project} FOR UPDATE").SingleOrDefaultAsync(ct);
        if (row?.ApiKey is null || (DataKey.TryReadKeyId(row.ApiKey, out var id) && id >= keyId)) return null;
        if (await store.OpenAsync(transaction, row, ct) is not { } key)
        {
            Log.Unreadable(logger);
            return false;
        }

        await store.SealAsync(transaction, row, key, ct);
        await transaction.Db.SaveChangesAsync(ct);
        return true;
    }

    private static partial class Log
    {
        [LoggerMessage(1860, LogLevel.Error, "The key to a tenant's Label Studio does not open and stays under its old data key, which is kept")]
        public static partial void Unreadable(ILogger logger);
    }
}
