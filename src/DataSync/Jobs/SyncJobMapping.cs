using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace DataSync.Jobs;

internal sealed class SyncJobMapping : IEntityTypeConfiguration<SyncJob>
{
    public void Configure(EntityTypeBuilder<SyncJob> builder)
    {
        builder.ToTable("sync_jobs", t =>
        {
            t.HasCheckConstraint("ck_sync_jobs_ids", "char_length(tenant_id) BETWEEN 1 AND 255 AND char_length(source_id) BETWEEN 1 AND 255");
            t.HasCheckConstraint("ck_sync_jobs_status", "status IN ('queued', 'running', 'waiting', 'completed', 'failed', 'cancelled')");
            t.HasCheckConstraint("ck_sync_jobs_ended", "(status IN ('completed', 'failed', 'cancelled')) = (completed_at IS NOT NULL)");
        });
        builder.HasKey(j => new { j.TenantId, j.Id });
        builder.HasIndex(j => new { j.TenantId, j.Status }).HasDatabaseName("idx_sync_jobs_tenant_status");
        builder.HasIndex(j => new { j.TenantId, j.SourceId }).HasDatabaseName("idx_sync_jobs_tenant_source");

        // What the dispatcher walks: a tenant's queue in its order, what is running, what was handed out and not begun. Each holds only what it is asked for.
        builder.HasIndex(j => new { j.TenantId, j.Id }, "queued").HasDatabaseName("idx_sync_jobs_queued").HasFilter("status = 'queued'");
        builder.HasIndex(j => new { j.TenantId, j.Id }, "running").HasDatabaseName("idx_sync_jobs_running").HasFilter("status = 'running'");
        builder.HasIndex(j => new { j.TenantId, j.DispatchedAt }).HasDatabaseName("idx_sync_jobs_handed_out").HasFilter("status = 'queued' AND dispatched_at IS NOT NULL");

        // Who looks for those whose time has come walks all that wait.
        builder.HasIndex(j => new { j.TenantId, j.NotBefore }, "waiting").HasDatabaseName("idx_sync_jobs_waiting").HasFilter("status = 'waiting'");

        // What a schedule asks: is a job of the source open? Without it the answer would be among all that ever ended.
        builder.HasIndex(j => new { j.TenantId, j.SourceId }, "open").HasDatabaseName("idx_sync_jobs_open").HasFilter("status IN ('queued', 'running', 'waiting')");

        // A source has one incremental sync at a time.
        builder.HasIndex(j => new { j.TenantId, j.SourceId }, "incremental").IsUnique().HasDatabaseName(OpenIncrementals.Index)
            .HasFilter("sync_type = 'incremental' AND status IN ('queued', 'running', 'waiting')");
        // What is listed with a job besides its own files.
        builder.HasIndex(j => new { j.TenantId, j.ExportOf, j.Id }).HasDatabaseName("idx_sync_jobs_export_of").HasFilter("export_of IS NOT NULL");
        builder.Property(j => j.Config).HasColumnType("json");
        builder.Property(j => j.Result).HasColumnType("json");
        builder.Property(j => j.ErrorDetails).HasColumnType("text");
        builder.Property(j => j.Routed).HasColumnType("json");
        builder.Property(j => j.Rules).HasColumnType("json");
        builder.Property(j => j.Gap).HasColumnType("json");
        builder.Property(j => j.Enriched).HasColumnType("json");
        builder.Property(j => j.ChangeTracking).HasColumnType("json");
        builder.Property(j => j.Checkpoint).HasColumnType("json");
        builder.Property(j => j.SourceType).HasMaxLength(50);
        builder.Property(j => j.Mode).HasMaxLength(20);
        builder.Property(j => j.SyncType).HasMaxLength(20);
        builder.Property(j => j.Status).HasMaxLength(20);
        builder.Property(j => j.CreatedBy).HasMaxLength(255);
    }
}
