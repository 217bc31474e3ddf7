using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace DataSync.Process;

/// <summary>What an enricher made of a record. Written once and never changed; joined to the record when it is exported.</summary>
internal sealed class StoredEnrichment : ITenantOwned
{
    public string TenantId { get; set; } = "";
    public Guid JobId { get; set; }

    /// <summary>The enricher's name.</summary>
    public string Kind { get; set; } = "";
    public long Seq { get; set; }

    /// <summary>The result's own word for how it went.</summary>
    public string Outcome { get; set; } = "";

    /// <summary>Why there is nothing, or not everything.</summary>
    public string? Problem { get; set; }

    /// <summary>JSON.</summary>
    public string Result { get; set; } = "";
    public DateTimeOffset CreatedAt { get; set; }
}

internal sealed class StoredEnrichmentMapping : IEntityTypeConfiguration<StoredEnrichment>
{
    public void Configure(EntityTypeBuilder<StoredEnrichment> builder)
    {
        builder.ToTable("sync_enrichments");
        builder.HasKey(e => new { e.TenantId, e.JobId, e.Kind, e.Seq });
        builder.Property(e => e.Kind).HasMaxLength(20);
        builder.Property(e => e.Outcome).HasMaxLength(20);
        builder.Property(e => e.Result).HasColumnType("json");
        builder.Property(e => e.CreatedAt).HasDefaultValueSql("now()");
    }
}
