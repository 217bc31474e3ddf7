using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace DataSync.Platform.Http;

/// <summary>The first answer to a POST that carried an <c>Idempotency-Key</c>; null members while it is being worked out.</summary>
internal sealed class IdempotencyKey : ITenantOwned
{
    public string TenantId { get; set; } = "";

    /// <summary>Method and path.</summary>
    public string Route { get; set; } = "";
    public string Key { get; set; } = "";

    /// <summary>SHA-256 of the request's body: the same key with another body is refused.</summary>
    public byte[] RequestHash { get; set; } = [];

    public int? Status { get; set; }
    public string? ContentType { get; set; }
    public string? Location { get; set; }
    public byte[]? Body { get; set; }
    public DateTimeOffset CreatedAt { get; set; }
    public DateTimeOffset ExpiresAt { get; set; }
}

internal sealed class IdempotencyKeyMapping : IEntityTypeConfiguration<IdempotencyKey>
{
    public void Configure(EntityTypeBuilder<IdempotencyKey> builder)
    {
        builder.ToTable("idempotency_keys");
        builder.HasKey(k => new { k.TenantId, k.Route, k.Key });
        builder.Property(k => k.Key).HasMaxLength(255);
    }
}
