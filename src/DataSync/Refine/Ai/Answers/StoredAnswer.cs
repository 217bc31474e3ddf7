using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace DataSync.Refine.Ai.Answers;

/// <summary>An answer that was paid for, to be used again. It holds placeholders where the record held personal data, and nothing of the record otherwise.</summary>
internal sealed class StoredAnswer : ITenantOwned
{
    public string TenantId { get; set; } = "";

    /// <summary>See <see cref="AnswerKey"/>.</summary>
    public byte[] Key { get; set; } = [];

    /// <summary>JSON as the model wrote it.</summary>
    public string Answer { get; set; } = "";
    public long InputTokens { get; set; }
    public long OutputTokens { get; set; }
    public DateTimeOffset CreatedAt { get; set; }
}

internal sealed class StoredAnswerMapping : IEntityTypeConfiguration<StoredAnswer>
{
    public void Configure(EntityTypeBuilder<StoredAnswer> builder)
    {
        builder.ToTable("ai_answers");
        builder.HasKey(a => new { a.TenantId, a.Key });
        builder.HasIndex(a => new { a.TenantId, a.CreatedAt }).HasDatabaseName("idx_ai_answers_created");
        builder.Property(a => a.Answer).HasColumnType("json");
        builder.Property(a => a.CreatedAt).HasDefaultValueSql("now()");
    }
}
