using DataSync.Platform.Persistence;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace DataSync.Platform.Tenancy;

/// <summary>An entity that belongs to a tenant.</summary>
internal interface ITenantOwned
{
    string TenantId { get; set; }
}

/// <summary>Someone tried to save another tenant's entity. A bug of ours: the database would have refused it too.</summary>
internal sealed class CrossTenantWriteException(string entity) : InvalidOperationException($"A {entity} of another tenant was about to be saved.");

/// <summary>The second wall behind row-level security: stamps the tenant on what is added and refuses what is another's.</summary>
internal sealed class TenantStampingInterceptor : SaveChangesInterceptor
{
    public override ValueTask<InterceptionResult<int>> SavingChangesAsync(
        DbContextEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
    {
        if (eventData.Context is DataSyncDbContext db)
        {
            foreach (var entry in db.ChangeTracker.Entries<ITenantOwned>())
            {
                if (entry.State is EntityState.Added && string.IsNullOrEmpty(entry.Entity.TenantId)) entry.Property(nameof(ITenantOwned.TenantId)).CurrentValue = db.TenantId;
                if (entry.State is EntityState.Added or EntityState.Modified or EntityState.Deleted
                    && !string.Equals(entry.Entity.TenantId, db.TenantId, StringComparison.Ordinal))
                {
                    throw new CrossTenantWriteException(entry.Metadata.DisplayName());
                }
            }
        }

        return base.SavingChangesAsync(eventData, result, cancellationToken);
    }

    public override InterceptionResult<int> SavingChanges(DbContextEventData eventData, InterceptionResult<int> result)
        => throw new NotSupportedException("Save asynchronously.");
}
