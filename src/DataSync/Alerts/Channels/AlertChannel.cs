using DataSync.Platform.Encryption;
using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace DataSync.Alerts.Channels;

/// <summary>Where a tenant wants to be told, and of what.</summary>
internal sealed class AlertChannel : ITenantOwned
{
    /// <summary>A tenant has no more.</summary>
    public const int Most = 20;

    public string TenantId { get; set; } = "";
    public string ChannelId { get; set; } = "";

    /// <summary>Name of its sender.</summary>
    public string Kind { get; set; } = "";

    /// <summary>The host that is spoken to, or how many recipients there are: all that is shown of the target.</summary>
    public string Host { get; set; } = "";

    /// <summary>JSON of a <see cref="ChannelTarget"/>, sealed: an address may be as good as a password.</summary>
    public byte[] Target { get; set; } = [];

    /// <summary>What it is told: some of <see cref="ChannelEvents"/>.</summary>
    public string[] Events { get; set; } = [];

    /// <summary>Language of the texts; null for the tenant's.</summary>
    public string? Language { get; set; }
    public bool Enabled { get; set; } = true;

    /// <summary>Goes up by one at each change.</summary>
    public int Version { get; set; } = 1;
    public string CreatedBy { get; set; } = "";
    public DateTimeOffset CreatedAt { get; set; }
    public DateTimeOffset UpdatedAt { get; set; }

    /// <summary>Where the target belongs: it opens in no other row and no other version of this one.</summary>
    public SealedPlace Place() => new(TenantId, "alert_channel", ChannelId, "target", Version, Kind);
}

internal sealed class AlertChannelMapping : IEntityTypeConfiguration<AlertChannel>
{
    public void Configure(EntityTypeBuilder<AlertChannel> builder)
    {
        builder.ToTable("alert_channels", t => t.HasCheckConstraint("ck_alert_channels_tenant", "char_length(tenant_id) BETWEEN 1 AND 255"));
        builder.HasKey(c => new { c.TenantId, c.ChannelId });
        builder.Property(c => c.ChannelId).HasMaxLength(100);
        builder.Property(c => c.Kind).HasMaxLength(20);
        builder.Property(c => c.Host).HasMaxLength(255);
        builder.Property(c => c.Language).HasMaxLength(35);
        builder.Property(c => c.CreatedBy).HasMaxLength(255);
    }
}

/// <summary>What a channel may be told.</summary>
internal static class ChannelEvents
{
    public const string Opened = "alert.opened";
    public const string Over = "alert.over";

    /// <summary>Followed by the job's state.</summary>
    public const string JobPrefix = "job.";

    public static readonly IReadOnlyList<string> All = [Opened, Over, JobPrefix + "completed", JobPrefix + "failed", JobPrefix + "cancelled"];

    /// <summary>Of a channel that does not say.</summary>
    public static readonly IReadOnlyList<string> Default = [Opened, Over];
}
