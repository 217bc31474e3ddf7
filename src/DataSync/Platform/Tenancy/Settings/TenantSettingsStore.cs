using DataSync.Platform.Caching;
using Microsoft.EntityFrameworkCore;

namespace DataSync.Platform.Tenancy.Settings;

/// <summary>Tenants' settings in the database.</summary>
internal sealed class TenantSettingsStore(TenantDatabase database, ConfigurationCache cache, TimeProvider time)
{
    /// <summary>The tenant's settings; those of version 0 where nothing was ever set.</summary>
    public async Task<TenantSettings> GetAsync(string tenantId, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(tenantId, ct);
        return await ReadAsync(transaction, ct);
    }

    /// <summary>Replaces the settings; of two at once, the last one wins.</summary>
    public async Task<TenantSettings> ReplaceAsync(string tenantId, string? language, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(tenantId, ct);
        await using (var upsert = transaction.Command(
            """
            INSERT INTO tenant_settings AS s (tenant_id, language, version, updated_at) VALUES ($1, $2, 1, $3)
            ON CONFLICT (tenant_id) DO UPDATE SET language = excluded.language, version = s.version + 1, updated_at = excluded.updated_at
            """,
            tenantId, language, time.GetUtcNow()))
        {
            await upsert.ExecuteNonQueryAsync(ct);
        }

        var settings = await ReadAsync(transaction, ct);
        await cache.CommitAsync(transaction, ct);
        return settings;
    }

    private static async Task<TenantSettings> ReadAsync(TenantTransaction transaction, CancellationToken ct)
        => await transaction.Db.Set<TenantSettings>().AsNoTracking().SingleOrDefaultAsync(ct) ?? new TenantSettings { TenantId = transaction.Db.TenantId };
}
