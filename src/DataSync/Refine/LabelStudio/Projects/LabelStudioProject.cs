using DataSync.Platform.Encryption;
using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace DataSync.Refine.LabelStudio.Projects;

/// <summary>
/// A project that a tenant's jobs may send to: of the operator's server, bound by the operator; or of a server of the tenant's own. A number that has no row here is
/// nobody's, whatever project the server has under it.
/// </summary>
internal sealed class LabelStudioProject : ITenantOwned
{
    public string TenantId { get; set; } = "";

    /// <summary>The project's number at its server.</summary>
    public long ProjectId { get; set; }

    /// <summary>The tenant's own server; null for the operator's.</summary>
    public string? BaseUrl { get; set; }

    /// <summary>The key to the tenant's own server, sealed; null for the operator's.</summary>
    public byte[]? ApiKey { get; set; }

    /// <summary>SHA-256 of the random secret that the project's webhook shows; null where it has none.</summary>
    public byte[]? HookDigest { get; set; }

    /// <summary>Goes up by one where the server or its key changes.</summary>
    public int Version { get; set; } = 1;

    public string CreatedBy { get; set; } = "";
    public DateTimeOffset CreatedAt { get; set; }
    public DateTimeOffset UpdatedAt { get; set; }

    /// <summary>Where the key belongs: with another address beside it, it does not open.</summary>
    public SealedPlace KeyPlace()
        => new(TenantId, "label_studio_project", ProjectId.ToString(System.Globalization.CultureInfo.InvariantCulture), "api_key", Version, BaseUrl ?? "");
}

internal sealed class LabelStudioProjectMapping : IEntityTypeConfiguration<LabelStudioProject>
{
    public void Configure(EntityTypeBuilder<LabelStudioProject> builder)
    {
        builder.ToTable("label_studio_projects", t => t.HasCheckConstraint("ck_label_studio_projects", "project_id > 0 AND (base_url IS NULL) = (api_key IS NULL) AND char_length(tenant_id) BETWEEN 1 AND 255"));
        builder.HasKey(p => new { p.TenantId, p.ProjectId });
        builder.Property(p => p.ProjectId).ValueGeneratedNever();
        builder.Property(p => p.BaseUrl).HasMaxLength(2048);
        builder.Property(p => p.CreatedBy).HasMaxLength(255);
    }
}
