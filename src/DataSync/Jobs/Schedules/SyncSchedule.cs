using DataSync.Platform.Tenancy;
using DataSync.Sources;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace DataSync.Jobs.Schedules;

/// <summary>When a source is synced by itself: by a cron plan, or one sync after the other. At most one a source.</summary>
internal sealed class SyncSchedule : ITenantOwned
{
    public string TenantId { get; set; } = "";
    public string SourceId { get; set; } = "";

    /// <summary>Five fields, or six with seconds first; null for a continuous schedule.</summary>
    public string? Cron { get; set; }

    /// <summary>IANA id of the zone that <see cref="Cron"/> is meant in; null where that is.</summary>
    public string? TimeZone { get; set; }

    /// <summary>By the database's clock. One that has passed is due: its job is made as soon as nothing forbids it, once. Null: never.</summary>
    public DateTimeOffset? NextRunAt { get; set; }

    /// <summary>A due run was refused for the moment and is tried again then.</summary>
    public DateTimeOffset? NotBefore { get; set; }

    /// <summary>When the schedule last made a job.</summary>
    public DateTimeOffset? LastRunAt { get; set; }

    /// <summary>The job it made then.</summary>
    public Guid? LastJobId { get; set; }

    /// <summary>The last job's end is in the counts below. They matter to a continuous schedule alone.</summary>
    public bool Settled { get; set; } = true;

    /// <summary>Runs in a row that found nothing.</summary>
    public int IdleRuns { get; set; }

    /// <summary>Runs in a row that failed, were cancelled, or could not be started.</summary>
    public int FailedRuns { get; set; }

    /// <summary>JSON of a <see cref="Engine.JobFailure"/>: why the last due run became no job. Null where it did.</summary>
    public string? Failure { get; set; }

    public string CreatedBy { get; set; } = "";
    public DateTimeOffset CreatedAt { get; set; }
    public DateTimeOffset UpdatedAt { get; set; }

    public bool IsContinuous => Cron is null;

    /// <summary>The first planned time after another; for a continuous schedule that one.</summary>
    public DateTimeOffset? After(DateTimeOffset now) => Cron is null ? now : CronPlan.Of(Cron, TimeZone!).After(now);
}

internal sealed class SyncScheduleMapping : IEntityTypeConfiguration<SyncSchedule>
{
    public void Configure(EntityTypeBuilder<SyncSchedule> builder)
    {
        builder.ToTable("sync_schedules", t => t.HasCheckConstraint("ck_sync_schedules_plan", "(cron IS NULL) = (time_zone IS NULL)"));
        builder.HasKey(s => new { s.TenantId, s.SourceId });
        builder.Ignore(s => s.IsContinuous);
        builder.Property(s => s.Cron).HasMaxLength(CronPlan.LongestCron);
        builder.Property(s => s.TimeZone).HasMaxLength(CronPlan.LongestZone);
        builder.Property(s => s.Failure).HasColumnType("text");
        builder.Property(s => s.CreatedBy).HasMaxLength(255);
        builder.HasOne<DataSourceConfig>().WithOne().HasForeignKey<SyncSchedule>(s => new { s.TenantId, s.SourceId })
            .HasPrincipalKey<DataSourceConfig>(s => new { s.TenantId, s.SourceId }).OnDelete(DeleteBehavior.Cascade);
    }
}
