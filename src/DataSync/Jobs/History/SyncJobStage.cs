using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace DataSync.Jobs.History;

/// <summary>A stage that an attempt went through. Written by the database, as <see cref="SyncJobAttempt"/> is.</summary>
internal sealed class SyncJobStage : ITenantOwned
{
    public string TenantId { get; set; } = "";
    public Guid JobId { get; set; }
    public long Fence { get; set; }
    public string Stage { get; set; } = "";
    public DateTimeOffset StartedAt { get; set; }
    public DateTimeOffset? EndedAt { get; set; }

    /// <summary><c>completed</c>, or how the attempt ended in it.</summary>
    public string? Outcome { get; set; }

    /// <summary>Records kept (exported, for the export) when it ended.</summary>
    public long Records { get; set; }
}

internal sealed class SyncJobStageMapping : IEntityTypeConfiguration<SyncJobStage>
{
    public void Configure(EntityTypeBuilder<SyncJobStage> builder)
    {
        builder.ToTable("sync_job_stages");
        builder.HasKey(s => new { s.TenantId, s.JobId, s.Fence, s.Stage });
        builder.HasOne<SyncJobAttempt>().WithMany().HasForeignKey(s => new { s.TenantId, s.JobId, s.Fence }).OnDelete(DeleteBehavior.Cascade);
        builder.Property(s => s.Stage).HasMaxLength(20);
        builder.Property(s => s.Outcome).HasMaxLength(20);
    }
}
