using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace DataSync.Process;

/// <summary>A record in quarantine: who refused it and why, and the original as it came.</summary>
internal sealed class SyncRejection : ITenantOwned
{
    public string TenantId { get; set; } = "";
    public Guid JobId { get; set; }
    public long Seq { get; set; }
    public string RuleId { get; set; } = "";
    public string Code { get; set; } = "";
    public string Message { get; set; } = "";
    public string? Field { get; set; }

    /// <summary>JSON.</summary>
    public string Original { get; set; } = "";
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>JSON: the record as somebody corrected it; null where nobody did.</summary>
    public string? Correction { get; set; }
    public DateTimeOffset? CorrectedAt { get; set; }
    public string? CorrectedBy { get; set; }

    /// <summary>The job that ran it again; null where none did. Set once.</summary>
    public Guid? ReplayJobId { get; set; }
    public DateTimeOffset? ReplayedAt { get; set; }
}

internal sealed class SyncRejectionMapping : IEntityTypeConfiguration<SyncRejection>
{
    public void Configure(EntityTypeBuilder<SyncRejection> builder)
    {
        builder.ToTable("sync_rejections");
        builder.HasKey(r => new { r.TenantId, r.JobId, r.Seq });
        builder.Property(r => r.Original).HasColumnType("json");
        builder.Property(r => r.Correction).HasColumnType("json");
        builder.HasIndex(r => new { r.TenantId, r.ReplayJobId, r.Seq }).HasDatabaseName("idx_sync_rejections_replay").HasFilter("replay_job_id IS NOT NULL");
        builder.Property(r => r.CreatedAt).HasDefaultValueSql("now()");
    }
}
