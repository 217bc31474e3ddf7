using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;

namespace DataSync.Platform.Persistence;

/// <summary>
/// EF Core's view of our tables, for everything that is not bulk. It knows no room: each room brings the configuration of its entities,
/// found by scanning this assembly.
/// </summary>
internal sealed class DataSyncDbContext(DbContextOptions<DataSyncDbContext> options) : DbContext(options)
{
    /// <summary>The tenant of the open transaction.</summary>
    public string TenantId { get; set; } = "";

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.ApplyConfigurationsFromAssembly(typeof(DataSyncDbContext).Assembly);

        // The third wall, in the queries themselves. Row-level security is the first: this one only makes plans start at the tenant.
        foreach (var entity in modelBuilder.Model.GetEntityTypes().Where(e => typeof(ITenantOwned).IsAssignableFrom(e.ClrType)).ToList())
        {
            typeof(DataSyncDbContext).GetMethod(nameof(FilterByTenant), System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Instance)!
                .MakeGenericMethod(entity.ClrType).Invoke(this, [modelBuilder]);
        }
    }

    private void FilterByTenant<T>(ModelBuilder model) where T : class, ITenantOwned => model.Entity<T>().HasQueryFilter(e => e.TenantId == TenantId);
}
