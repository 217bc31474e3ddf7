using System.Security.Cryptography;
using DataSync.Platform.Encryption;
using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;

namespace DataSync.Privacy.Subjects.Erasure;

/// <summary>Moves the subjects of requests that are under way to a new data key.</summary>
internal sealed class SealedRequests(TenantDatabase database, SubjectSeal seal) : ISealedStore
{
    public Task<ResealOutcome> ResealAsync(string tenantId, int keyId, CancellationToken ct)
        => database.EachAsync(tenantId, t => t.Db.Set<PrivacyRequest>().Where(r => r.Subject != null).Select(r => r.Id).ToListAsync(ct), (t, id) => MoveAsync(t, id, keyId, ct), ct);

    public async Task<IReadOnlySet<int>> KeysInUseAsync(TenantTransaction transaction, CancellationToken ct)
        => DataKey.KeyIdsOf(await transaction.Db.Set<PrivacyRequest>().Where(r => r.Subject != null).Select(r => r.Subject).ToListAsync(ct));

    /// <summary>True if moved, false if it does not open, null if there was nothing to do.</summary>
    private async Task<bool?> MoveAsync(TenantTransaction transaction, Guid id, int keyId, CancellationToken ct)
    {
        var row = await transaction.Db.Set<PrivacyRequest>().FromSql($"SELECT * FROM privacy_requests WHERE id = {id} FOR UPDATE").SingleOrDefaultAsync(ct);
        if (row?.Subject is null || (DataKey.TryReadKeyId(row.Subject, out var sealing) && sealing >= keyId)) return null;
        if (await seal.OpenAsync(transaction, id, row.Subject, ct) is not { } plain) return false;
        row.Subject = await seal.SealAsync(transaction, id, plain, ct);
        CryptographicOperations.ZeroMemory(plain);
        await transaction.Db.SaveChangesAsync(ct);
        return true;
    }
}
