using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;

namespace DataSync.Privacy.Retention;

/// <summary>How long a tenant's data is kept, in the database.</summary>
internal sealed class RetentionStore(TenantDatabase database)
{
    /// <summary>Days by kind; kinds that are not there are kept as the installation says.</summary>
    public async Task<IReadOnlyDictionary<string, int>> GetAsync(string tenantId, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(tenantId, ct);
        return await transaction.Db.Set<RetentionRule>().AsNoTracking().ToDictionaryAsync(r => r.Kind, r => r.Days, StringComparer.Ordinal, ct);
    }

    /// <summary>Puts these in the place of those that were there.</summary>
    public Task<int> ReplaceAsync(string tenantId, IReadOnlyDictionary<string, int> days, string by, CancellationToken ct) => database.ChangeAsync(tenantId, async transaction =>
    {
        await using (var remove = transaction.Command("DELETE FROM retention WHERE tenant_id = $1 AND NOT kind = ANY ($2)", tenantId, days.Keys.ToArray())) await remove.ExecuteNonQueryAsync(ct);
        await using var upsert = transaction.Command(
            """
            INSERT INTO retention (tenant_id, kind, days, updated_by) SELECT $1, k.kind, k.days, $4 FROM unnest($2::text[], $3::int[]) AS k (kind, days)
            ON CONFLICT (tenant_id, kind) DO UPDATE SET days = excluded.days, updated_by = excluded.updated_by, updated_at = now()
            """,
            tenantId, days.Keys.ToArray(), days.Values.ToArray(), by);
        return await upsert.ExecuteNonQueryAsync(ct);
    }, static _ => true, ct);
}
