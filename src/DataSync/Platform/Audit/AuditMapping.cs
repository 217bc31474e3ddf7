using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace DataSync.Platform.Audit;

/// <summary>The tables of the audit log; who may do what in them is in <c>0029_audit.sql</c>.</summary>
internal sealed class AuditMapping : IEntityTypeConfiguration<PendingAuditEntry>, IEntityTypeConfiguration<ChainedAuditEntry>
{
    public const int MaxTarget = 300;
    public const int MaxDetails = 4000;

    public void Configure(EntityTypeBuilder<PendingAuditEntry> builder)
    {
        builder.ToTable("audit_pending", t => t.HasCheckConstraint("ck_audit_pending_tenant", "char_length(tenant_id) BETWEEN 1 AND 255"));
        builder.HasKey(e => new { e.TenantId, e.Id });
        builder.Property(e => e.Id).UseIdentityByDefaultColumn();
        Fields(builder);
        builder.Property(e => e.Salt).HasDefaultValueSql("uuid_send(gen_random_uuid())");
    }

    public void Configure(EntityTypeBuilder<ChainedAuditEntry> builder)
    {
        builder.ToTable("audit_log", t => t.HasCheckConstraint(
            "ck_audit_log", "char_length(tenant_id) BETWEEN 1 AND 255 AND sequence > 0 AND length(digest) = 32 AND length(previous) = 32 AND length(hash) = 32"));
        builder.HasKey(e => new { e.TenantId, e.Sequence });
        builder.Property(e => e.Sequence).ValueGeneratedNever();
        builder.HasIndex(e => new { e.TenantId, e.Time });
        builder.HasIndex(e => new { e.TenantId, e.Actor, e.Sequence });
        builder.HasIndex(e => new { e.TenantId, e.Target, e.Sequence });

        // What an erasure has still to do: without it each of its calls would go through all that those before it did. The condition is the function's own.
        builder.HasIndex(e => new { e.TenantId, e.Sequence }, "words").HasDatabaseName("idx_audit_log_words").HasFilter("salt IS NOT NULL AND action NOT IN ('audit.erase', 'tenant.erase')");
        Fields(builder);
        builder.Property(e => e.Digest).IsRequired();
    }

    private static void Fields<T>(EntityTypeBuilder<T> builder) where T : AuditEntry
    {
        builder.Property(e => e.ActorKind).HasMaxLength(10);
        builder.Property(e => e.Actor).HasMaxLength(255);
        builder.Property(e => e.Client).HasMaxLength(255);
        builder.Property(e => e.Action).HasMaxLength(100);
        builder.Property(e => e.TargetKind).HasMaxLength(40);
        builder.Property(e => e.Target).HasMaxLength(MaxTarget);
        builder.Property(e => e.Outcome).HasMaxLength(10);
        builder.Property(e => e.CorrelationId).HasMaxLength(64);
        builder.Property(e => e.Details).HasMaxLength(MaxDetails);
    }
}
