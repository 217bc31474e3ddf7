using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace DataSync.Refine.LabelStudio.Waiting;

/// <summary>
/// A job that has sent to a project, or is about to. The row stays when the job has ended, and when it is gone: it says that tasks with its records are at a server, until retention has removed them there.
/// </summary>
internal sealed class LabelStudioJob : ITenantOwned
{
    public string TenantId { get; set; } = "";
    public long ProjectId { get; set; }
    public Guid JobId { get; set; }

    /// <summary>When a webhook's hint last woke it.</summary>
    public DateTimeOffset? HintedAt { get; set; }
}

/// <summary>Which task a record became.</summary>
internal sealed class LabelStudioTask : ITenantOwned
{
    public string TenantId { get; set; } = "";
    public Guid JobId { get; set; }

    /// <summary>The record's place in the job.</summary>
    public long Seq { get; set; }

    /// <summary>The task's number; null where the project did not take the record.</summary>
    public long? TaskId { get; set; }

    /// <summary>Nothing more is waited for.</summary>
    public bool Settled { get; set; }
}

internal sealed class LabelStudioJobMapping : IEntityTypeConfiguration<LabelStudioJob>
{
    public void Configure(EntityTypeBuilder<LabelStudioJob> builder)
    {
        builder.ToTable("label_studio_jobs");
        builder.HasKey(j => new { j.TenantId, j.JobId });
        builder.HasIndex(j => new { j.TenantId, j.ProjectId });
    }
}

internal sealed class LabelStudioTaskMapping : IEntityTypeConfiguration<LabelStudioTask>
{
    public void Configure(EntityTypeBuilder<LabelStudioTask> builder)
    {
        builder.ToTable("label_studio_tasks");
        builder.HasKey(t => new { t.TenantId, t.JobId, t.Seq });
        builder.HasIndex(t => new { t.TenantId, t.JobId, t.Seq }).HasFilter("NOT settled").HasDatabaseName("ix_label_studio_tasks_open");
        builder.HasOne<LabelStudioJob>().WithMany().HasForeignKey(t => new { t.TenantId, t.JobId }).OnDelete(DeleteBehavior.Cascade);
    }
}
