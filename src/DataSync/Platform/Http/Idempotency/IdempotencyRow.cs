using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace DataSync.Platform.Http.Idempotency;

/// <summary>A key's claim and, once the work is done, the answer.</summary>
internal sealed class IdempotencyRow : ITenantOwned
{
    public string TenantId { get; set; } = "";

    /// <summary>SHA-256 of method and raw path: a path may be longer than an index can hold.</summary>
    public byte[] Operation { get; set; } = [];
    public string Key { get; set; } = "";

    /// <summary>Keyed hash of the request's body: the same key with another body is refused.</summary>
    public byte[] Fingerprint { get; set; } = [];

    /// <summary>Whose work it is; only this id can end the claim.</summary>
    public Guid ClaimId { get; set; }

    /// <summary>Until when the claim holds without an answer; or how long the answer is kept.</summary>
    public DateTimeOffset ExpiresAt { get; set; }

    /// <summary>Null while the work goes on.</summary>
    public int? Status { get; set; }
    public string? ContentType { get; set; }
    public string? Location { get; set; }
    public string? ETag { get; set; }
    public byte[]? Body { get; set; }
    public DateTimeOffset CreatedAt { get; set; }
}

internal sealed class IdempotencyRowMapping : IEntityTypeConfiguration<IdempotencyRow>
{
    public void Configure(EntityTypeBuilder<IdempotencyRow> builder)
    {
        builder.ToTable("idempotency_keys");
        builder.HasKey(k => new { k.TenantId, k.Operation, k.Key });
        builder.Property(k => k.Key).HasMaxLength(255);
        builder.Property(k => k.ETag).HasColumnName("etag");
    }
}
