using DataSync.Platform.Tenancy;
using DataSync.Sources;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace DataSync.Jobs.Slots;

/// <summary>
/// A source whose server keeps a replication slot for it, or may be about to, and how much of its log that slot held when it was looked at last. Its jobs and the state of its syncs make the row, by triggers,
/// and so does whoever is shown how to make a slot; a look removes it.
/// </summary>
internal sealed class SourceSlot : ITenantOwned
{
    public string TenantId { get; set; } = "";
    public string SourceId { get; set; } = "";

    /// <summary>Bytes of its log that the server keeps; null where nobody has looked yet, or there was no slot.</summary>
    public long? LagBytes { get; set; }

    /// <summary>When that was seen, by our database's clock; null for never.</summary>
    public DateTimeOffset? LookedAt { get; set; }

    /// <summary>When somebody looks again.</summary>
    public DateTimeOffset NextLookAt { get; set; }
}

internal sealed class SourceSlotMapping : IEntityTypeConfiguration<SourceSlot>
{
    public void Configure(EntityTypeBuilder<SourceSlot> builder)
    {
        builder.ToTable("source_slots");
        builder.HasKey(s => new { s.TenantId, s.SourceId });
        builder.Property(s => s.NextLookAt).HasDefaultValueSql("now()");
        builder.HasOne<DataSourceConfig>().WithMany().HasForeignKey(s => new { s.TenantId, s.SourceId })
            .HasPrincipalKey(s => new { s.TenantId, s.SourceId }).OnDelete(DeleteBehavior.Cascade);
    }
}
