using DataSync.Platform.Tenancy;

namespace DataSync.Platform.Audit.Requests;

/// <summary>Commits that hold a change somebody asked for: its entry in the audit log holds if the change does, and never without it; and it holds where the tenant is stored, or not at all.</summary>
internal static class AuditedCommits
{
    /// <summary>Commits, with the entry of the request or command this is part of; of several commits in one, the first has it.</summary>
    /// <param name="transaction">The transaction with the change.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <param name="target">What was changed, where neither the path nor the handler says it.</param>
    /// <param name="part">What was made of it.</param>
    public static async Task CommitChangeAsync(this TenantTransaction transaction, CancellationToken ct, string? target = null, string? part = null)
    {
        await transaction.StayAsync(ct);
        var trail = AuditTrail.Current;
        AuditTrail.About(target, part);
        if (trail is not null) await trail.AddAsync(transaction, ct);
        await transaction.CommitAsync(ct);
        trail?.Written();
    }

    /// <summary>Runs <paramref name="work"/> in a tenant's transaction and commits it, as a change if <paramref name="changed"/> says that it is one.</summary>
    /// <param name="database">Where.</param>
    /// <param name="tenantId">Whose.</param>
    /// <param name="work">What is done.</param>
    /// <param name="changed">Whether it changed anything.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <param name="isOfWhatLiesHere">Makes nothing new, and is done wherever the tenant is stored: the upkeep of what a region's database has.</param>
    public static async Task<T> ChangeAsync<T>(
        this TenantDatabase database, string tenantId, Func<TenantTransaction, Task<T>> work, Func<T, bool> changed, CancellationToken ct, bool isOfWhatLiesHere = false)
    {
        await using var transaction = isOfWhatLiesHere ? await database.BeginAsync(tenantId, ct) : await database.BeginChangeAsync(tenantId, ct);
        if (isOfWhatLiesHere) transaction.Place();
        var result = await work(transaction);
        if (changed(result)) await transaction.CommitChangeAsync(ct);
        else await transaction.CommitAsync(ct);
        return result;
    }
}
