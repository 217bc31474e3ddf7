using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace DataSync.Alerts.States;

/// <summary>
/// One breach of one rule, from when it was first seen until it was over. Of one subject of a rule at most one alert is open, which the database itself holds: whoever sees the
/// same breach at the same time, on whatever machine, adds nothing.
/// </summary>
internal sealed class Alert : ITenantOwned
{
    /// <summary>The unique index of open alerts.</summary>
    public const string OpenIndex = "ux_alerts_open";

    public string TenantId { get; set; } = "";
    public Guid AlertId { get; set; }
    public string RuleId { get; set; } = "";

    /// <summary>Name of the condition.</summary>
    public string Condition { get; set; } = "";

    /// <summary>What it is about: a job, a source, a month, a process; empty for the tenant as a whole.</summary>
    public string Subject { get; set; } = "";

    /// <summary>What was measured when it was first seen, and the rule's bounds then.</summary>
    public double Value { get; set; }
    public double Threshold { get; set; }
    public int WindowSeconds { get; set; }

    /// <summary>The channels that are told; null for all.</summary>
    public string[]? Channels { get; set; }

    /// <summary>The rule was silenced when it was first seen: nobody is told, neither then nor when it is over.</summary>
    public bool Silenced { get; set; }
    public DateTimeOffset OpenedAt { get; set; }

    /// <summary>When it was seen to be over; null while it is open.</summary>
    public DateTimeOffset? OverAt { get; set; }

    /// <summary>When the process that measures it last said that it goes on; null where the evaluator itself can see it.</summary>
    public DateTimeOffset? SeenAt { get; set; }
    public DateTimeOffset? AcknowledgedAt { get; set; }
    public string? AcknowledgedBy { get; set; }
}

internal sealed class AlertMapping : IEntityTypeConfiguration<Alert>
{
    public void Configure(EntityTypeBuilder<Alert> builder)
    {
        builder.ToTable("alerts", t => t.HasCheckConstraint("ck_alerts_tenant", "char_length(tenant_id) BETWEEN 1 AND 255"));
        builder.HasKey(a => new { a.TenantId, a.AlertId });
        builder.HasIndex(a => new { a.TenantId, a.RuleId, a.Subject }).IsUnique().HasDatabaseName(Alert.OpenIndex).HasFilter("over_at IS NULL");
        builder.HasIndex(a => new { a.TenantId, a.OpenedAt, a.AlertId }).HasDatabaseName("idx_alerts_opened");
        builder.Property(a => a.RuleId).HasMaxLength(100);
        builder.Property(a => a.Condition).HasMaxLength(40);
        builder.Property(a => a.AcknowledgedBy).HasMaxLength(255);
    }
}
