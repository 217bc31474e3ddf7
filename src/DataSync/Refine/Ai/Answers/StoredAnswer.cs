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

    /// <summary>The job whose record paid for it; null where nobody noted it.</summary>
    public Guid? JobId { get; set; }

    /// <summary>That record within the job.</summary>
    public long Seq { get; set; }

    /// <summary>Calls that it took, those before it that were no valid answers among them.</summary>
    public int Calls { get; set; }

    /// <summary>Calls among them because an answer was not valid.</summary>
    public int Reasks { get; set; }

    /// <summary>Tokens sent, of all these calls.</summary>
    public long InputTokens { get; set; }

    /// <summary>Tokens made, of all these calls.</summary>
    public long OutputTokens { get; set; }

    /// <summary>Calls among them whose tokens are our estimate.</summary>
    public int Estimated { get; set; }
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
        builder.Property(a => a.Seq).HasDefaultValue(0L);
        builder.Property(a => a.Calls).HasDefaultValue(0);
        builder.Property(a => a.Reasks).HasDefaultValue(0);
        builder.Property(a => a.Estimated).HasDefaultValue(0);
        builder.Property(a => a.CreatedAt).HasDefaultValueSql("now()");
    }
}
