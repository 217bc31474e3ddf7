using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;

namespace DataSync.Sources;

/// <summary>Finds a source's row inside a tenant's transaction, with the lock that the work at hand needs.</summary>
internal static class SourceRows
{
    /// <summary>The source, or null. Its secrets are sealed.</summary>
    public static Task<DataSourceConfig?> FindAsync(TenantTransaction transaction, string sourceId, CancellationToken ct)
        => transaction.Db.Set<DataSourceConfig>().AsNoTracking().SingleOrDefaultAsync(s => s.SourceId == sourceId, ct);

    /// <summary>The same, and it cannot be deleted before the transaction ends: for whoever makes a job of it.</summary>
    public static Task<DataSourceConfig?> FindAndHoldAsync(TenantTransaction transaction, string sourceId, CancellationToken ct)
        => transaction.Db.Set<DataSourceConfig>().FromSql($"SELECT * FROM data_source_configs WHERE source_id = {sourceId} FOR KEY SHARE")
            .AsNoTracking().SingleOrDefaultAsync(ct);

    /// <summary>The same for changing or deleting it.</summary>
    public static Task<DataSourceConfig?> LockAsync(TenantTransaction transaction, string sourceId, CancellationToken ct)
        => transaction.Db.Set<DataSourceConfig>().FromSql($"SELECT * FROM data_source_configs WHERE source_id = {sourceId} FOR UPDATE").SingleOrDefaultAsync(ct);

    /// <summary>Whether a job that reads the source is open; one that exports stored records again asks nothing of it. Under the lock this sees every job made before.</summary>
    public static Task<bool> IsInUseAsync(TenantTransaction transaction, string sourceId, CancellationToken ct)
        => transaction.Db.Database.SqlQuery<bool>(
            $"SELECT EXISTS (SELECT 1 FROM sync_jobs WHERE source_id = {sourceId} AND export_of IS NULL AND status IN ('queued', 'running', 'waiting')) AS \"Value\"").SingleAsync(ct);
}
