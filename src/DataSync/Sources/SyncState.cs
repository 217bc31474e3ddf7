using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace DataSync.Sources;

/// <summary>How far incremental syncs of a source have come.</summary>
internal sealed class SyncState : ITenantOwned
{
    public Guid Id { get; set; }
    public string TenantId { get; set; } = "";
    public string SourceId { get; set; } = "";
    public DateTimeOffset LastSyncTimestamp { get; set; }
    public Guid? LastSyncJobId { get; set; }
    public string? LastRecordId { get; set; }

    /// <summary>JSON: cursor, boundary hashes, log position …</summary>
    public string? StateData { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }
}

internal sealed class SyncStateMapping : IEntityTypeConfiguration<SyncState>
{
    public void Configure(EntityTypeBuilder<SyncState> builder)
    {
        builder.ToTable("sync_state");
        builder.HasKey(s => new { s.TenantId, s.Id });
        builder.HasIndex(s => new { s.TenantId, s.SourceId }).IsUnique().HasDatabaseName("idx_sync_state_tenant_source");
        builder.Property(s => s.StateData).HasColumnType("json");
        builder.Property(s => s.LastRecordId).HasMaxLength(255);
        builder.HasOne<DataSourceConfig>().WithMany().HasForeignKey(s => new { s.TenantId, s.SourceId })
            .HasPrincipalKey(s => new { s.TenantId, s.SourceId }).OnDelete(DeleteBehavior.Cascade);
    }
}
