using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace DataSync.Alerts.Notices;

/// <summary>
/// Something a channel is to be told, written in the transaction in which it came to be. It is sent until the receiver has taken it, or until it is given up and lies here as a
/// dead letter. Its id goes with it, so that a receiver which was told twice can know.
/// </summary>
internal sealed class AlertNotice : ITenantOwned
{
    public const string Pending = "pending";
    public const string Delivered = "delivered";
    public const string Dead = "dead";

    public static readonly IReadOnlyList<string> States = [Pending, Delivered, Dead];

    public string TenantId { get; set; } = "";
    public Guid NoticeId { get; set; }
    public string ChannelId { get; set; } = "";

    /// <summary>One of <see cref="Channels.ChannelEvents"/>.</summary>
    public string Event { get; set; } = "";

    /// <summary>The alert it tells of; null for a job.</summary>
    public Guid? AlertId { get; set; }

    /// <summary>The job it tells of; null for an alert.</summary>
    public Guid? JobId { get; set; }
    public string State { get; set; } = Pending;

    /// <summary>Tries begun.</summary>
    public int Attempts { get; set; }

    /// <summary>Not before this time; while it is being sent, when another may take it up.</summary>
    public DateTimeOffset NextAt { get; set; }
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>When it was delivered or given up.</summary>
    public DateTimeOffset? EndedAt { get; set; }

    /// <summary>JSON of why the last try failed; see <see cref="NoticeFailure"/>.</summary>
    public string? Failure { get; set; }
}

internal sealed class AlertNoticeMapping : IEntityTypeConfiguration<AlertNotice>
{
    public void Configure(EntityTypeBuilder<AlertNotice> builder)
    {
        builder.ToTable("alert_notices", t =>
        {
            t.HasCheckConstraint("ck_alert_notices_state", "state IN ('pending', 'delivered', 'dead')");
            t.HasCheckConstraint("ck_alert_notices_about", "(alert_id IS NULL) <> (job_id IS NULL)");
        });
        builder.HasKey(n => new { n.TenantId, n.NoticeId });

        // What waits; it holds nothing else.
        builder.HasIndex(n => new { n.TenantId, n.NextAt }).HasDatabaseName("idx_alert_notices_pending").HasFilter("state = 'pending'");
        builder.HasIndex(n => new { n.TenantId, n.CreatedAt, n.NoticeId }).HasDatabaseName("idx_alert_notices_created");

        // A channel is told of an alert's beginning once, and once of its end.
        builder.HasIndex(n => new { n.TenantId, n.AlertId, n.Event, n.ChannelId }).IsUnique().HasDatabaseName("ux_alert_notices_alert").HasFilter("alert_id IS NOT NULL");
        builder.HasIndex(n => new { n.TenantId, n.ChannelId }).HasDatabaseName("idx_alert_notices_channel");
        builder.Property(n => n.ChannelId).HasMaxLength(100);
        builder.Property(n => n.Event).HasMaxLength(30);
        builder.Property(n => n.State).HasMaxLength(10);
        builder.Property(n => n.Failure).HasColumnType("text");
    }
}
