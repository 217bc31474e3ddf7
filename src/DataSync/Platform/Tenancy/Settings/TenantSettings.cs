using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace DataSync.Platform.Tenancy.Settings;

/// <summary>What holds for a whole tenant. A tenant that never set anything has no row.</summary>
internal sealed class TenantSettings : ITenantOwned
{
    public string TenantId { get; set; } = "";

    /// <summary>The language of answers to requests that name none; null for the default.</summary>
    public string? Language { get; set; }

    /// <summary>Goes up by one at each change; 0 where nothing was ever set.</summary>
    public int Version { get; set; }

    public DateTimeOffset? UpdatedAt { get; set; }
}

internal sealed class TenantSettingsMapping : IEntityTypeConfiguration<TenantSettings>
{
    public void Configure(EntityTypeBuilder<TenantSettings> builder)
    {
        builder.ToTable("tenant_settings", t => t.HasCheckConstraint("ck_tenant_settings_tenant", "char_length(tenant_id) BETWEEN 1 AND 255"));
        builder.HasKey(s => s.TenantId);
        builder.Property(s => s.Language).HasMaxLength(35);
    }
}
