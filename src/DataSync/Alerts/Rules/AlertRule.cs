using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace DataSync.Alerts.Rules;

/// <summary>A tenant's own rule. One that has the name of a condition takes the place of that condition's built-in rule.</summary>
internal sealed class AlertRule : ITenantOwned
{
    /// <summary>A tenant has no more of its own.</summary>
    public const int Most = 100;

    public string TenantId { get; set; } = "";
    public string RuleId { get; set; } = "";

    /// <summary>Name of the condition.</summary>
    public string Condition { get; set; } = "";

    /// <summary>What must be exceeded: a share of 1, or seconds.</summary>
    public double Threshold { get; set; }

    /// <summary>How far back is looked; 0 for a condition that has no window.</summary>
    public int WindowSeconds { get; set; }

    /// <summary>The one source it is about; null for all.</summary>
    public string? SourceId { get; set; }

    /// <summary>With fewer jobs or deliveries in the window, a share says nothing.</summary>
    public int MinCount { get; set; } = 1;

    /// <summary>The channels that are told; null for all.</summary>
    public string[]? Channels { get; set; }

    /// <summary>False: it is not looked at, and what was open is over.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Goes up by one at each change.</summary>
    public int Version { get; set; } = 1;
    public string CreatedBy { get; set; } = "";
    public DateTimeOffset CreatedAt { get; set; }
    public DateTimeOffset UpdatedAt { get; set; }
}

internal sealed class AlertRuleMapping : IEntityTypeConfiguration<AlertRule>
{
    public void Configure(EntityTypeBuilder<AlertRule> builder)
    {
        builder.ToTable("alert_rules", t => t.HasCheckConstraint("ck_alert_rules", "threshold >= 0 AND window_seconds >= 0 AND min_count >= 1 AND char_length(tenant_id) BETWEEN 1 AND 255"));
        builder.HasKey(r => new { r.TenantId, r.RuleId });
        builder.Property(r => r.RuleId).HasMaxLength(100);
        builder.Property(r => r.Condition).HasMaxLength(40);
        builder.Property(r => r.CreatedBy).HasMaxLength(255);
    }
}
