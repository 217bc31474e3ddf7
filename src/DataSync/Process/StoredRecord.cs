using DataSync.Pipeline.Documents;
using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace DataSync.Process;

/// <summary>A stored record, for reading a few at a time. Bulk goes around EF Core.</summary>
internal sealed class StoredRecord : ITenantOwned
{
    public string TenantId { get; set; } = "";
    public Guid JobId { get; set; }
    public long Seq { get; set; }
    public Guid Id { get; set; }
    public string SourceId { get; set; } = "";

    /// <summary>JSON text as it came.</summary>
    public string RawData { get; set; } = "";

    /// <summary>JSON text; null where refinement changed nothing, or where <see cref="RefinedChanges"/> say what it changed.</summary>
    public string? RefinedData { get; set; }

    /// <summary>JSON text: what refinement changed the original by, as <see cref="DocumentChanges"/> have it.</summary>
    public string? RefinedChanges { get; set; }

    public string? Metadata { get; set; }
    public DateTimeOffset SyncTimestamp { get; set; }
    public DateTimeOffset? ProcessedAt { get; set; }

    /// <summary>The refined document; null where refinement changed nothing.</summary>
    public string? Refined() => RefinedChanges is null ? RefinedData : DocumentChanges.Apply(RawData, RefinedChanges);
}

internal sealed class StoredRecordMapping : IEntityTypeConfiguration<StoredRecord>
{
    public void Configure(EntityTypeBuilder<StoredRecord> builder)
    {
        // Partitioned, so made by the migration's own SQL.
        builder.ToTable("sync_data", t => t.ExcludeFromMigrations());
        builder.HasKey(r => new { r.TenantId, r.JobId, r.Seq });
        builder.Property(r => r.RawData).HasColumnType("json");
        builder.Property(r => r.RefinedData).HasColumnType("json");
        builder.Property(r => r.RefinedChanges).HasColumnType("json");
        builder.Property(r => r.Metadata).HasColumnType("json");
    }
}
