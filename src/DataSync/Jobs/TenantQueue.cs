using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace DataSync.Jobs;

/// <summary>How many jobs of a tenant are queued. Kept by the database in the transaction of each move, so it is exact and costs no counting.</summary>
internal sealed class TenantQueue : ITenantOwned
{
    public string TenantId { get; set; } = "";
    public int Queued { get; set; }
}

internal sealed class TenantQueueMapping : IEntityTypeConfiguration<TenantQueue>
{
    public void Configure(EntityTypeBuilder<TenantQueue> builder)
    {
        builder.ToTable("tenant_queues");
        builder.HasKey(q => q.TenantId);
    }
}
