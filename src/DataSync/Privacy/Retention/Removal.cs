using System.Globalization;
using System.Text.Json;
using DataSync.Platform.Audit;
using DataSync.Platform.Tenancy;

namespace DataSync.Privacy.Retention;

/// <summary>What one pass removes of one kind of a tenant's data.</summary>
internal sealed class Removal(string tenantId, string kind, DateTimeOffset before, DateTimeOffset now)
{
    public string TenantId => tenantId;

    /// <summary>One of <see cref="RetentionKinds"/>.</summary>
    public string Kind => kind;

    /// <summary>What is older goes.</summary>
    public DateTimeOffset Before => before;

    /// <summary>When the pass began.</summary>
    public DateTimeOffset Now => now;

    /// <summary>Rows, tasks, or jobs, that went so far.</summary>
    public long Count { get; set; }

    /// <summary>Tells the tenant's audit log, where anything went: whatever ends the pass, which is why nothing ends this.</summary>
    public async Task TellAsync(TenantDatabase database, DateTimeOffset now, string outcome)
    {
        if (Count == 0) return;
        await using var transaction = await database.BeginAsync(tenantId, CancellationToken.None);
        await AuditInsert.AddAsync(
            transaction,
            new PendingAuditEntry
            {
                TenantId = tenantId,
                Time = now,
                ActorKind = AuditActor.System,
                Actor = "retention",
                Action = "retention.remove",
                TargetKind = "retention",
                Target = kind,
                Outcome = outcome,
                Details = JsonSerializer.Serialize(new Dictionary<string, object>(StringComparer.Ordinal) { ["removed"] = Count, ["before"] = before.UtcDateTime.ToString("O", CultureInfo.InvariantCulture) }),
            },
            CancellationToken.None);
        await transaction.CommitAsync(CancellationToken.None);
    }
}
