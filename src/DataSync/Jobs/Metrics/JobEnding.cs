using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace DataSync.Jobs.Metrics;

/// <summary>
/// How a job ended, in the few numbers that summaries and alerts count. A trigger writes it in the transaction that ends the job, and takes it away where the job is retried; it
/// goes with the job. Small and never changed, so that a window of many jobs is read from an index alone.
/// </summary>
internal sealed class JobEnding : ITenantOwned
{
    public string TenantId { get; set; } = "";
    public Guid JobId { get; set; }
    public string SourceId { get; set; } = "";

    /// <summary><c>completed</c>, <c>failed</c> or <c>cancelled</c>.</summary>
    public string Status { get; set; } = "";
    public DateTimeOffset EndedAt { get; set; }

    /// <summary>Milliseconds from the first attempt's begin to the end; 0 where none began.</summary>
    public long DurationMs { get; set; }

    /// <summary>Milliseconds that its attempts ran: without the time it lay in the queue between them, or waited for annotators.</summary>
    public long RunningMs { get; set; }

    /// <summary>Records kept.</summary>
    public long Records { get; set; }

    /// <summary>Records refused.</summary>
    public long Rejected { get; set; }

    /// <summary>Payload bytes read from the source.</summary>
    public long Bytes { get; set; }

    /// <summary>What language models took for it, in millionths of the operator's currency.</summary>
    public long LlmCostMicros { get; set; }

    /// <summary>Key of the failure's message; null where it did not fail.</summary>
    public string? ErrorKey { get; set; }
}

internal sealed class JobEndingMapping : IEntityTypeConfiguration<JobEnding>
{
    public void Configure(EntityTypeBuilder<JobEnding> builder)
    {
        builder.ToTable("sync_job_endings");
        builder.HasKey(e => new { e.TenantId, e.JobId });

        // A window of a tenant's jobs, with all that is counted of each: the rows themselves lie wherever their jobs ended, and are not looked up.
        builder.HasIndex(e => new { e.TenantId, e.EndedAt }).HasDatabaseName("idx_sync_job_endings_window")
            .IncludeProperties(e => new { e.SourceId, e.Status, e.DurationMs, e.RunningMs, e.Records, e.Rejected, e.Bytes, e.LlmCostMicros, e.ErrorKey });

        // When did a source last come through?
        builder.HasIndex(e => new { e.TenantId, e.SourceId, e.EndedAt }).HasDatabaseName("idx_sync_job_endings_completed").HasFilter("status = 'completed'");
        builder.Property(e => e.Status).HasMaxLength(20);
        builder.Property(e => e.ErrorKey).HasMaxLength(200);
    }
}
