using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace DataSync.Process;

/// <summary>A record in quarantine: who refused it and why, and the original as it came.</summary>
internal sealed class SyncRejection : ITenantOwned
{
    public string TenantId { get; set; } = "";
    public Guid JobId { get; set; }
    public long Seq { get; set; }
    public string RuleId { get; set; } = "";
    public string Code { get; set; } = "";
    public string Message { get; set; } = "";
    public string? Field { get; set; }

    /// <summary>JSON.</summary>
    public string Original { get; set; } = "";
    public DateTimeOffset CreatedAt { get; set; }
}

internal sealed class SyncRejectionMapping : IEntityTypeConfiguration<SyncRejection>
{
    public void Configure(EntityTypeBuilder<SyncRejection> builder)
    {
        builder.ToTable("sync_rejections");
        builder.HasKey(r => new { r.TenantId, r.JobId, r.Seq });
        builder.Property(r => r.Original).HasColumnType("json");
        builder.Property(r => r.CreatedAt).HasDefaultValueSql("now()");
    }
}
