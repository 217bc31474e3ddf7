using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace DataSync.Jobs.History;

/// <summary>One attempt at a job. Written by the database whenever the job's row moves, so that no way a job can go leaves it out.</summary>
internal sealed class SyncJobAttempt : ITenantOwned
{
    public string TenantId { get; set; } = "";
    public Guid JobId { get; set; }

    /// <summary>The attempt's fence; attempts of a job are told apart and ordered by it.</summary>
    public long Fence { get; set; }
    public DateTimeOffset StartedAt { get; set; }
    public DateTimeOffset? EndedAt { get; set; }

    /// <summary>
    /// Null while it runs; then the job's new status, or <c>handed_over</c> (its worker was told to stop), <c>interrupted</c> (it failed and is repeated),
    /// <c>lost</c> (its worker was gone).
    /// </summary>
    public string? Outcome { get; set; }

    /// <summary>Records kept in all when it ended.</summary>
    public long Records { get; set; }

    /// <summary>Records refused in all when it ended.</summary>
    public long Rejected { get; set; }

    /// <summary>JSON of the failure that ended it.</summary>
    public string? Failure { get; set; }
}

internal sealed class SyncJobAttemptMapping : IEntityTypeConfiguration<SyncJobAttempt>
{
    public void Configure(EntityTypeBuilder<SyncJobAttempt> builder)
    {
        builder.ToTable("sync_job_attempts");
        builder.HasKey(a => new { a.TenantId, a.JobId, a.Fence });
        builder.HasOne<SyncJob>().WithMany().HasForeignKey(a => new { a.TenantId, a.JobId }).OnDelete(DeleteBehavior.Cascade);
        builder.Property(a => a.Outcome).HasMaxLength(20);
    }
}
