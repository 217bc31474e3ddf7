using DataSync.Platform.Encryption;
using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace DataSync.Privacy.Subjects.Erasure;

/// <summary>An erasure: what is to be done while it runs, and its receipt once it is over. Then it holds nothing of whom it was about but a keyed hash.</summary>
internal sealed class PrivacyRequest : ITenantOwned
{
    public string TenantId { get; set; } = "";
    public Guid Id { get; set; }

    /// <summary>One of <see cref="RequestStatus"/>.</summary>
    public string Status { get; set; } = RequestStatus.Queued;

    /// <summary>The subject, sealed by the tenant's key; null once the request is over.</summary>
    public byte[]? Subject { get; set; }

    /// <summary>See <see cref="SubjectSeal.HashAsync"/>.</summary>
    public string SubjectHash { get; set; } = "";

    /// <summary>The walk that is under way or due: the first, or one behind jobs that ran during the one before.</summary>
    public int Pass { get; set; } = 1;

    /// <summary>The part of the walk that is under way.</summary>
    public string Phase { get; set; } = "";

    /// <summary>Where within it to go on; null for its beginning.</summary>
    public string? Place { get; set; }

    /// <summary>JSON: what was removed, by kind.</summary>
    public string Counts { get; set; } = "{}";
    public string CreatedBy { get; set; } = "";
    public DateTimeOffset CreatedAt { get; set; }
    public DateTimeOffset? StartedAt { get; set; }

    /// <summary>When this walk began, by the database's clock; null before.</summary>
    public DateTimeOffset? PassStartedAt { get; set; }
    public DateTimeOffset? CompletedAt { get; set; }

    /// <summary>Goes up whenever a worker takes it; who holds an older number writes nothing.</summary>
    public int Attempts { get; set; }

    /// <summary>Not before this time.</summary>
    public DateTimeOffset? NotBefore { get; set; }

    /// <summary>Key of what holds it up, or ended it; null for nothing.</summary>
    public string? Failure { get; set; }

    /// <summary>Where the sealed subject belongs.</summary>
    public static SealedPlace PlaceOf(string tenantId, Guid id) => new(tenantId, "privacy_request", id.ToString("D"), "subject", 1);
}

/// <summary>The states of a request.</summary>
internal static class RequestStatus
{
    public const string Queued = "queued";
    public const string Running = "running";

    /// <summary>For jobs that were under way, or for what could not be reached.</summary>
    public const string Waiting = "waiting";
    public const string Completed = "completed";
    public const string Failed = "failed";
}

/// <summary>A job whose files held a subject, and what became of them; or one that is waited for.</summary>
internal sealed class PrivacyExport : ITenantOwned
{
    public const string Pending = "pending";
    public const string Rewritten = "rewritten";

    /// <summary>Its records are not stored (any more), so that its files could only be removed.</summary>
    public const string Deleted = "deleted";

    /// <summary>It had no files.</summary>
    public const string None = "none";

    /// <summary>It was under way during the first walk; of its files nothing is known yet.</summary>
    public const string Awaited = "awaited";

    public string TenantId { get; set; } = "";
    public Guid RequestId { get; set; }
    public Guid JobId { get; set; }
    public string Outcome { get; set; } = Pending;

    /// <summary>Names of the files, as JSON.</summary>
    public string Files { get; set; } = "[]";

    /// <summary>When something became of them, or the job was noted as one that is waited for; null where neither was yet.</summary>
    public DateTimeOffset? DoneAt { get; set; }
}

internal sealed class PrivacyRequestMapping : IEntityTypeConfiguration<PrivacyRequest>
{
    public void Configure(EntityTypeBuilder<PrivacyRequest> builder)
    {
        builder.ToTable("privacy_requests", t =>
        {
            t.HasCheckConstraint("ck_privacy_requests_status", "status IN ('queued', 'running', 'waiting', 'completed', 'failed')");
            t.HasCheckConstraint("ck_privacy_requests_over", "(status IN ('completed', 'failed')) = (subject IS NULL) AND (subject IS NULL) = (completed_at IS NOT NULL)");
        });
        builder.HasKey(r => new { r.TenantId, r.Id });
        builder.HasIndex(r => new { r.TenantId, r.Id }).HasDatabaseName("idx_privacy_requests_open").HasFilter("status IN ('queued', 'running', 'waiting')");
        builder.Property(r => r.Status).HasMaxLength(20);
        builder.Property(r => r.SubjectHash).HasMaxLength(100);
        builder.Property(r => r.Phase).HasMaxLength(20);
        builder.Property(r => r.Place).HasMaxLength(100);
        builder.Property(r => r.Counts).HasColumnType("json");
        builder.Property(r => r.CreatedBy).HasMaxLength(255);
        builder.Property(r => r.Failure).HasMaxLength(100);
    }
}

internal sealed class PrivacyExportMapping : IEntityTypeConfiguration<PrivacyExport>
{
    public void Configure(EntityTypeBuilder<PrivacyExport> builder)
    {
        builder.ToTable("privacy_exports");
        builder.HasKey(e => new { e.TenantId, e.RequestId, e.JobId });
        builder.HasOne<PrivacyRequest>().WithMany().HasForeignKey(e => new { e.TenantId, e.RequestId }).OnDelete(DeleteBehavior.Cascade);
        builder.Property(e => e.Outcome).HasMaxLength(20);
        builder.Property(e => e.Files).HasColumnType("json");
    }
}
