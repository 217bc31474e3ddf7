using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace DataSync.Platform.Authentication.ApiKeys;

/// <summary>A machine's key. What opens is told once and never kept: there is its hash alone.</summary>
internal sealed class ApiKey : ITenantOwned
{
    public string TenantId { get; set; } = "";

    public Guid Id { get; set; }

    /// <summary>What its maker calls it.</summary>
    public string Name { get; set; } = "";

    /// <summary>What it is good for, separated by spaces as in a token.</summary>
    public string Scopes { get; set; } = "";

    /// <summary>SHA-256 of the key's text.</summary>
    public byte[] KeyHash { get; set; } = [];

    /// <summary>The key's last six characters, by which people know it again.</summary>
    public string Hint { get; set; } = "";

    public DateTimeOffset ExpiresAt { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public string CreatedBy { get; set; } = "";

    /// <summary>The key that made this one, and with which it ends; null where a token did.</summary>
    public Guid? MadeBy { get; set; }

    public DateTimeOffset? RevokedAt { get; set; }

    /// <summary>The hour in which it was last used; null where it never was.</summary>
    public DateTimeOffset? LastUsedAt { get; set; }
}

internal sealed class ApiKeyMapping : IEntityTypeConfiguration<ApiKey>
{
    public void Configure(EntityTypeBuilder<ApiKey> builder)
    {
        builder.ToTable("api_keys", t => t.HasCheckConstraint("ck_api_keys", "char_length(tenant_id) BETWEEN 1 AND 255 AND octet_length(key_hash) = 32 AND char_length(name) >= 1"));
        builder.HasKey(k => new { k.TenantId, k.Id });
        builder.HasIndex(k => new { k.TenantId, k.KeyHash }).IsUnique();
        builder.Property(k => k.Name).HasMaxLength(100);
        builder.Property(k => k.Scopes).HasMaxLength(255);
        builder.Property(k => k.Hint).HasMaxLength(6);
        builder.Property(k => k.CreatedBy).HasMaxLength(255);
    }
}
