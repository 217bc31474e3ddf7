using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace DataSync.Refine.Ai.Budget;

/// <summary>What the operator has set for one tenant alone. Null in a member: as for all tenants; 0: no limit.</summary>
internal sealed class AiBudget : ITenantOwned
{
    public string TenantId { get; set; } = "";

    /// <summary>Tokens in a calendar month (UTC).</summary>
    public long? TokenLimit { get; set; }

    /// <summary>Money in a calendar month, in millionths of the operator's currency.</summary>
    public long? CostLimit { get; set; }

    /// <summary>Tokens in a day (UTC).</summary>
    public long? DayTokenLimit { get; set; }

    /// <summary>Money in a day, in millionths.</summary>
    public long? DayCostLimit { get; set; }

    public string UpdatedBy { get; set; } = "";
    public DateTimeOffset UpdatedAt { get; set; }
}

internal sealed class AiBudgetMapping : IEntityTypeConfiguration<AiBudget>
{
    public void Configure(EntityTypeBuilder<AiBudget> builder)
    {
        builder.ToTable("ai_budgets", t => t.HasCheckConstraint(
            "ck_ai_budgets", "char_length(tenant_id) BETWEEN 1 AND 255 AND LEAST(token_limit, cost_limit, day_token_limit, day_cost_limit, 0) >= 0"));
        builder.HasKey(b => b.TenantId);
        builder.Property(b => b.UpdatedBy).HasMaxLength(255);
        builder.Property(b => b.UpdatedAt).HasDefaultValueSql("now()");
    }
}
