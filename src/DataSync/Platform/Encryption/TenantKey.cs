using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace DataSync.Platform.Encryption;

/// <summary>A tenant's data key, wrapped by a master key. The newest that is not retired seals; all open.</summary>
internal sealed class TenantKey : ITenantOwned
{
    public string TenantId { get; set; } = "";

    /// <summary>Goes up by one at each rotation of the tenant's data key.</summary>
    public int KeyId { get; set; }

    /// <summary>Which master key wrapped it.</summary>
    public string MasterKeyId { get; set; } = "";

    public byte[] WrappedKey { get; set; } = [];
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>Since when it seals nothing any more; null while it does.</summary>
    public DateTimeOffset? RetiredAt { get; set; }
}

internal sealed class TenantKeyMapping : IEntityTypeConfiguration<TenantKey>
{
    public void Configure(EntityTypeBuilder<TenantKey> builder)
    {
        builder.ToTable("tenant_keys", t => t.HasCheckConstraint("ck_tenant_keys_tenant", "char_length(tenant_id) BETWEEN 1 AND 255"));
        builder.HasKey(k => new { k.TenantId, k.KeyId });
    }
}
