using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace DataSync.Jobs.Webhooks.Inbox;

/// <summary>
/// A delivery that was taken in: it waits while it has no job, then its job's fate is its own. Of a realtime or hybrid source the row knows nothing of the payload, and has a job from the beginning.
/// </summary>
internal sealed class WebhookDelivery : ITenantOwned
{
    public string TenantId { get; set; } = "";

    /// <summary>A keyed hash of the source and of what makes the delivery this one: the same delivery has the same id, whoever takes it in.</summary>
    public Guid DeliveryId { get; set; }
    public string SourceId { get; set; } = "";

    /// <summary>The sender's own id; null where its scheme has none, and where nothing is kept.</summary>
    public string? WebhookId { get; set; }

    /// <summary>Order of arrival.</summary>
    public long Arrival { get; set; }
    public DateTimeOffset ReceivedAt { get; set; }

    /// <summary>Bytes of the payload.</summary>
    public int Bytes { get; set; }

    /// <summary>The body, decompressed; null where it is not kept, or not any more.</summary>
    public byte[]? Payload { get; set; }

    /// <summary>When the payload was let go, if there was one; null before.</summary>
    public DateTimeOffset? LetGoAt { get; set; }

    /// <summary>The job that has it; null while it waits.</summary>
    public Guid? JobId { get; set; }

    /// <summary>Its place within the job; null where there was no job yet.</summary>
    public long? Position { get; set; }

    /// <summary>Key of why no job can have it; null where one has or will.</summary>
    public string? Failure { get; set; }

    /// <summary>How often it was run again by hand.</summary>
    public int Replays { get; set; }
}

internal sealed class WebhookDeliveryMapping : IEntityTypeConfiguration<WebhookDelivery>
{
    public void Configure(EntityTypeBuilder<WebhookDelivery> builder)
    {
        builder.ToTable("webhook_deliveries", t => t.HasCheckConstraint("ck_webhook_deliveries_ids", "char_length(tenant_id) BETWEEN 1 AND 255 AND char_length(source_id) BETWEEN 1 AND 255"));
        builder.HasKey(d => new { d.TenantId, d.DeliveryId });
        builder.Property(d => d.Arrival).UseIdentityByDefaultColumn();
        builder.Property(d => d.WebhookId).HasMaxLength(255);
        builder.Property(d => d.Failure).HasMaxLength(100);

        // What waits, source by source, in order; it holds nothing else.
        builder.HasIndex(d => new { d.TenantId, d.SourceId, d.Arrival }).HasDatabaseName("idx_webhook_deliveries_waiting").HasFilter("job_id IS NULL AND failure IS NULL");
        builder.HasIndex(d => new { d.TenantId, d.JobId, d.Position }).HasDatabaseName("idx_webhook_deliveries_job").HasFilter("job_id IS NOT NULL");
        builder.HasIndex(d => new { d.TenantId, d.ReceivedAt, d.DeliveryId }).HasDatabaseName("idx_webhook_deliveries_received");
    }
}
