using DataSync.Platform.Tenancy.Regions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace DataSync.Platform.Tenancy.Settings;

/// <summary>What holds for a whole tenant; null is as for all tenants. A tenant for which nothing was ever set has no row.</summary>
internal sealed class TenantSettings : ITenantOwned
{
    public string TenantId { get; set; } = "";

    /// <summary>The language of answers to requests that name none; null for the default.</summary>
    public string? Language { get; set; }

    /// <summary>Jobs that run at once, over all machines.</summary>
    public int? MaxConcurrentJobs { get; set; }

    /// <summary>Requests that one API process answers in a minute.</summary>
    public int? RequestsPerMinute { get; set; }

    /// <summary>Memory that records of realtime and hybrid runs may take in one process.</summary>
    public long? RealtimeBytes { get; set; }

    /// <summary>The region that everything of the tenant is stored in. In the database of another region, it is all that is known of the tenant.</summary>
    public string? Region { get; set; }

    /// <summary>Goes up by one at each change; 0 where nothing was ever set.</summary>
    public int Version { get; set; }

    public DateTimeOffset? UpdatedAt { get; set; }

    /// <summary>Who changed it last; null where that is not known.</summary>
    public string? UpdatedBy { get; set; }
}

internal sealed class TenantSettingsMapping : IEntityTypeConfiguration<TenantSettings>
{
    public void Configure(EntityTypeBuilder<TenantSettings> builder)
    {
        builder.ToTable("tenant_settings", t =>
        {
            t.HasCheckConstraint("ck_tenant_settings_tenant", "char_length(tenant_id) BETWEEN 1 AND 255");
            t.HasCheckConstraint("ck_tenant_settings_least", "LEAST(max_concurrent_jobs, requests_per_minute, realtime_bytes, 1) >= 1");
        });
        builder.HasKey(s => s.TenantId);
        builder.Property(s => s.Language).HasMaxLength(35);
        builder.Property(s => s.Region).HasMaxLength(RegionOptions.LongestName);
        builder.Property(s => s.UpdatedBy).HasMaxLength(255);
    }
}
