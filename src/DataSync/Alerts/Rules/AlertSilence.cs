using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace DataSync.Alerts.Rules;

/// <summary>Until when a rule tells nobody. Its breaches are recorded all the same.</summary>
internal sealed class AlertSilence : ITenantOwned
{
    public string TenantId { get; set; } = "";

    /// <summary>A rule's, also a built-in one's.</summary>
    public string RuleId { get; set; } = "";
    public DateTimeOffset Until { get; set; }
    public string CreatedBy { get; set; } = "";
}

internal sealed class AlertSilenceMapping : IEntityTypeConfiguration<AlertSilence>
{
    public void Configure(EntityTypeBuilder<AlertSilence> builder)
    {
        builder.ToTable("alert_silences");
        builder.HasKey(s => new { s.TenantId, s.RuleId });
        builder.Property(s => s.RuleId).HasMaxLength(100);
        builder.Property(s => s.CreatedBy).HasMaxLength(255);
    }
}
