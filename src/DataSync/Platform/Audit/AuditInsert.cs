using DataSync.Platform.Tenancy;

namespace DataSync.Platform.Audit;

/// <summary>Writes entries that are to be chained. The database draws their numbers and salts.</summary>
internal static class AuditInsert
{
    private const string Columns = "tenant_id, time, actor_kind, actor, client, action, target_kind, target, outcome, correlation_id, details";

    private const string One = $"INSERT INTO audit_pending ({Columns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";

    private const string Many =
        $"INSERT INTO audit_pending ({Columns}) SELECT $1, e.* FROM unnest($2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[]) e";

    /// <summary>In the tenant's transaction: it holds if the transaction does.</summary>
    public static async Task AddAsync(TenantTransaction transaction, PendingAuditEntry e, CancellationToken ct)
    {
        await using var insert = transaction.Command(
            One, e.TenantId, e.Time, e.ActorKind, e.Actor, e.Client, e.Action, e.TargetKind, e.Target, e.Outcome, e.CorrelationId, e.Details);
        await insert.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Several of one tenant, in a batch that stands at it.</summary>
    public static void Add(TenantBatch batch, string tenantId, IReadOnlyList<PendingAuditEntry> entries)
    {
        batch.Add(
            Many, tenantId, Each(e => e.Time), Each(e => e.ActorKind), Each(e => e.Actor!), Each(e => e.Client!), Each(e => e.Action), Each(e => e.TargetKind), Each(e => e.Target!),
            Each(e => e.Outcome), Each(e => e.CorrelationId), Each(e => e.Details!));

        T[] Each<T>(Func<PendingAuditEntry, T> of) => [.. entries.Select(of)];
    }
}
