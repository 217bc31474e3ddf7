using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace DataSync.Export.Coco.Categories;

/// <summary>A category of a source's records that nobody configured, and its number. Goes with its source.</summary>
internal sealed class KnownCategory : ITenantOwned
{
    public string TenantId { get; set; } = "";
    public string SourceId { get; set; } = "";

    /// <summary>Its number among the source's, from 1.</summary>
    public int Id { get; set; }

    /// <summary>Its name as a JSON string, which holds every character; null where it named a person who was erased. The number is nobody else's.</summary>
    public string? Name { get; set; }

    /// <summary>The beginning of the name's SHA-256, to be found by; null where the name is.</summary>
    public long? Hash { get; set; }
}

internal sealed class KnownCategoryMapping : IEntityTypeConfiguration<KnownCategory>
{
    public void Configure(EntityTypeBuilder<KnownCategory> builder)
    {
        builder.ToTable("coco_categories");
        builder.HasKey(c => new { c.TenantId, c.SourceId, c.Id });
        builder.HasIndex(c => new { c.TenantId, c.SourceId, c.Hash }).HasDatabaseName("idx_coco_categories_hash");
    }
}
