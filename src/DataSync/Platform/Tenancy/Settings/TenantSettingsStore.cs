using DataSync.Pipeline.Failures;
using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Authentication;
using DataSync.Platform.Caching;
using DataSync.Platform.Tenancy.Regions;
using Microsoft.EntityFrameworkCore;

namespace DataSync.Platform.Tenancy.Settings;

/// <summary>Tenants' settings in the database.</summary>
internal sealed class TenantSettingsStore(TenantDatabase database, ConfigurationCache cache, RegionOptions regions, RegionMove move, TimeProvider time)
{
    /// <summary>The tenant's settings; those of version 0 where nothing was ever set.</summary>
    public async Task<TenantSettings> GetAsync(string tenantId, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(tenantId, ct);
        return await ReadAsync(transaction, ct);
    }

    /// <summary>Replaces the language alone; of two at once, the last one wins.</summary>
    public Task<TenantSettings> ReplaceAsync(string tenantId, string? language, string by, CancellationToken ct) => ChangeAsync(
        tenantId,
        """
        INSERT INTO tenant_settings AS s (tenant_id, language, version, updated_at, updated_by) VALUES ($1, $2, 1, $3, $4)
        ON CONFLICT (tenant_id) DO UPDATE SET language = excluded.language, version = s.version + 1, updated_at = excluded.updated_at, updated_by = excluded.updated_by
        """,
        ct, tenantId, language, time.GetUtcNow(), by);

    /// <summary>
    /// Replaces everything but the region, which stays where none is given; of two at once, the last one wins. A tenant that is elsewhere has nothing here but its region, so nothing else is
    /// taken, and what the operator did is in the operator's own log: the tenant's is where the tenant is.
    /// </summary>
    /// <exception cref="SyncFailureException">The tenant is elsewhere, or was to leave while something of it is here.</exception>
    public async Task<TenantSettings> ReplaceAsync(string tenantId, OperatorSettingsBody settings, Caller by, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(tenantId, ct);
        var region = settings.Region;
        var isHere = true;
        if (regions.AreThere)
        {
            var before = await RegionMove.BeginAsync(transaction, ct);
            region ??= before;
            isHere = regions.IsHere(region);
            if (!isHere && !settings.IsPlaceAlone) throw new SyncFailureException(RegionFailure.Of(regions, region));
            if (!isHere && !string.Equals(regions.Of(before), regions.Of(region), StringComparison.Ordinal)) await move.LeaveAsync(transaction, ct);
            isHere |= regions.IsHere(before);
        }

        if (isHere) AuditTrail.InLogOf(tenantId);
        await using (var upsert = transaction.Command(
            """
            INSERT INTO tenant_settings AS s (tenant_id, language, version, updated_at, updated_by, max_concurrent_jobs, requests_per_minute, realtime_bytes, region)
            VALUES ($1, $2, 1, $3, $4, $5, $6, $7, $8)
            ON CONFLICT (tenant_id) DO UPDATE SET language = excluded.language, version = s.version + 1, updated_at = excluded.updated_at, updated_by = excluded.updated_by,
                   max_concurrent_jobs = excluded.max_concurrent_jobs, requests_per_minute = excluded.requests_per_minute, realtime_bytes = excluded.realtime_bytes, region = excluded.region
            """,
            tenantId, settings.Language, time.GetUtcNow(), by.Subject, settings.Limits.ConcurrentJobs, settings.Limits.RequestsPerMinute, settings.Limits.RealtimeBytes, region))
        {
            await upsert.ExecuteNonQueryAsync(ct);
        }

        var changed = await ReadAsync(transaction, ct);
        await cache.CommitAsync(transaction, ct, isHere ? null : by.Tenant);
        return changed;
    }

    private async Task<TenantSettings> ChangeAsync(string tenantId, string sql, CancellationToken ct, params object?[] values)
    {
        await using var transaction = await database.BeginChangeAsync(tenantId, ct);
        await using (var upsert = transaction.Command(sql, values)) await upsert.ExecuteNonQueryAsync(ct);
        var settings = await ReadAsync(transaction, ct);
        await cache.CommitAsync(transaction, ct);
        return settings;
    }

    private static async Task<TenantSettings> ReadAsync(TenantTransaction transaction, CancellationToken ct)
        => await transaction.Db.Set<TenantSettings>().AsNoTracking().SingleOrDefaultAsync(ct) ?? new TenantSettings { TenantId = transaction.Db.TenantId };
}
