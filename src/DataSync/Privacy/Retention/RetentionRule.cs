using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace DataSync.Privacy.Retention;

/// <summary>How long one kind of a tenant's data is kept. A kind without a row is kept as the installation says.</summary>
internal sealed class RetentionRule : ITenantOwned
{
    public string TenantId { get; set; } = "";

    /// <summary>One of <see cref="RetentionKinds"/>.</summary>
    public string Kind { get; set; } = "";

    /// <summary>Days, one at least.</summary>
    public int Days { get; set; }
    public string UpdatedBy { get; set; } = "";
    public DateTimeOffset UpdatedAt { get; set; }
}

/// <summary>What has a time of its own.</summary>
internal static class RetentionKinds
{
    /// <summary>Stored records with what enrichers made of them, from when their job was made.</summary>
    public const string Records = "records";

    /// <summary>Refused records, from when their job was made.</summary>
    public const string Rejections = "rejections";

    /// <summary>Deliveries that are done with, from when they came.</summary>
    public const string Inbox = "inbox";

    /// <summary>Exported files, from when their job ended.</summary>
    public const string Exports = "exports";

    /// <summary>Answers of language models, from when they were given.</summary>
    public const string AiAnswers = "ai_answers";

    /// <summary>Jobs with everything that is theirs, from when they ended.</summary>
    public const string Jobs = "jobs";

    /// <summary>Entries of the audit log, from when they were written; never sooner than the installation allows. The log shortens its chains itself, as far as heads outside the database stand for them.</summary>
    public const string Audit = "audit";

    public static readonly IReadOnlyList<string> All = [Records, Rejections, Inbox, Exports, AiAnswers, Jobs, Audit];

    /// <summary>A century.</summary>
    public const int MostDays = 36_500;
}

internal sealed class RetentionRuleMapping : IEntityTypeConfiguration<RetentionRule>
{
    public void Configure(EntityTypeBuilder<RetentionRule> builder)
    {
        builder.ToTable("retention", t => t.HasCheckConstraint("ck_retention", "days >= 1 AND char_length(tenant_id) BETWEEN 1 AND 255"));
        builder.HasKey(r => new { r.TenantId, r.Kind });
        builder.Property(r => r.Kind).HasMaxLength(20);
        builder.Property(r => r.UpdatedBy).HasMaxLength(255);
        builder.Property(r => r.UpdatedAt).HasDefaultValueSql("now()");
    }
}
