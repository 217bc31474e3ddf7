using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace DataSync.Refine.Ai.Answers;

/// <summary>What a tenant has used in a calendar month (UTC). A call is counted before it is made, by an estimate from above, and set right when its answer is there.</summary>
internal sealed class AiUsage : ITenantOwned
{
    public string TenantId { get; set; } = "";

    /// <summary>The month's first day.</summary>
    public DateOnly Month { get; set; }
    public long Calls { get; set; }
    public long InputTokens { get; set; }
    public long OutputTokens { get; set; }

    /// <summary>Millionths of the operator's currency.</summary>
    public long CostMicros { get; set; }

    /// <summary>The day of the month that was counted last: what was used on days before it is known as part of the month alone.</summary>
    public DateOnly Day { get; set; }

    /// <summary>Tokens of that day, in and out.</summary>
    public long DayTokens { get; set; }

    /// <summary>Millionths of the currency of that day.</summary>
    public long DayCostMicros { get; set; }
}

internal sealed class AiUsageMapping : IEntityTypeConfiguration<AiUsage>
{
    public void Configure(EntityTypeBuilder<AiUsage> builder)
    {
        builder.ToTable("ai_usage");
        builder.HasKey(u => new { u.TenantId, u.Month });
    }
}
