using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace DataSync.Sources;

/// <summary>A tenant's data source as stored. <see cref="ConnectionParams"/> holds secrets only sealed.</summary>
internal sealed class DataSourceConfig : ITenantOwned
{
    public Guid Id { get; set; }
    public string TenantId { get; set; } = "";
    public string SourceId { get; set; } = "";
    public string SourceName { get; set; } = "";

    /// <summary><c>database</c>, <c>api</c> or <c>webhook</c>.</summary>
    public string SourceType { get; set; } = "";

    /// <summary>JSON; each secret member is a sealed blob in base64.</summary>
    public string ConnectionParams { get; set; } = "{}";

    /// <summary>JSON.</summary>
    public string ExtractionParams { get; set; } = "{}";

    /// <summary>JSON: the members of a Start that schedules and pushes run with.</summary>
    public string Sync { get; set; } = "{}";

    public bool IsActive { get; set; } = true;
    public DateTimeOffset CreatedAt { get; set; }
    public DateTimeOffset UpdatedAt { get; set; }
    public string CreatedBy { get; set; } = "";

    /// <summary>Goes up by one at each change; two writers of the same version are told apart by it.</summary>
    public int Version { get; set; } = 1;

    /// <summary>A UUID that no other source has, of no installation: what the source's server keeps for it is called by it. Null for a source from before there were marks.</summary>
    public Guid? Mark { get; set; }

    /// <summary>JSON of an <see cref="AccessState"/>; null where the source has no login that anybody could look at. No part of the version.</summary>
    public string? Access { get; set; }
}

internal sealed class DataSourceConfigMapping : IEntityTypeConfiguration<DataSourceConfig>
{
    public void Configure(EntityTypeBuilder<DataSourceConfig> builder)
    {
        builder.ToTable("data_source_configs", t => t.HasCheckConstraint("ck_source_ids", "char_length(tenant_id) BETWEEN 1 AND 255 AND char_length(source_id) BETWEEN 1 AND 255"));
        builder.HasKey(s => new { s.TenantId, s.Id });
        builder.HasAlternateKey(s => new { s.TenantId, s.SourceId }).HasName("idx_data_source_tenant_id");
        builder.Property(s => s.ConnectionParams).HasColumnType("json");
        builder.Property(s => s.ExtractionParams).HasColumnType("json");
        builder.Property(s => s.Sync).HasColumnType("json");
        builder.Property(s => s.Access).HasColumnType("json");
        builder.Property(s => s.SourceName).HasMaxLength(255);
        builder.Property(s => s.SourceType).HasMaxLength(50);
        builder.Property(s => s.CreatedBy).HasMaxLength(255);
        builder.Property(s => s.Version).IsConcurrencyToken();
    }
}
