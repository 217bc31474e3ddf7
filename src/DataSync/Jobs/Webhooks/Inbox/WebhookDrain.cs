using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace DataSync.Jobs.Webhooks.Inbox;

/// <summary>The newest job that drains a source: a source has no other until it has ended. Locked by whoever makes the next.</summary>
internal sealed class WebhookDrain : ITenantOwned
{
    public string TenantId { get; set; } = "";
    public string SourceId { get; set; } = "";
    public Guid? JobId { get; set; }
    public DateTimeOffset? StartedAt { get; set; }
}

internal sealed class WebhookDrainMapping : IEntityTypeConfiguration<WebhookDrain>
{
    public void Configure(EntityTypeBuilder<WebhookDrain> builder)
    {
        builder.ToTable("webhook_drains", t => t.HasCheckConstraint("ck_webhook_drains_ids", "char_length(tenant_id) BETWEEN 1 AND 255 AND char_length(source_id) BETWEEN 1 AND 255"));
        builder.HasKey(d => new { d.TenantId, d.SourceId });
    }
}
