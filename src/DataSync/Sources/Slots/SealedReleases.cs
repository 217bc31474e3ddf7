using System.Text.Json;
using DataSync.Platform.Encryption;
using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;

namespace DataSync.Sources.Slots;

/// <summary>Moves the credentials of places that sources have left to a new data key.</summary>
internal sealed class SealedReleases(TenantDatabase database, CredentialOpener opener) : ISealedStore
{
    public async Task<ResealOutcome> ResealAsync(string tenantId, int keyId, CancellationToken ct)
    {
        var (moved, unreadable) = (0, 0);
        foreach (var id in await database.RunAsync(tenantId, t => t.Db.Set<SlotRelease>().Select(r => r.Id).ToListAsync(ct), ct))
        {
            switch (await database.RunAsync(tenantId, transaction => MoveAsync(transaction, id, keyId, ct), ct))
            {
                case true: moved++; break;
                case false: unreadable++; break;
            }
        }

        return new ResealOutcome(moved, unreadable);
    }

    public async Task<IReadOnlySet<int>> KeysInUseAsync(TenantTransaction transaction, CancellationToken ct)
    {
        HashSet<int> keys = [];
        foreach (var text in await transaction.Db.Set<SlotRelease>().Select(r => r.ConnectionParams).ToListAsync(ct))
        {
            using var stored = JsonDocument.Parse(text);
            keys.UnionWith(SourceCredentials.KeyIds(stored.RootElement));
        }

        return keys;
    }

    /// <summary>True if moved, false if it does not open, null if there was nothing to do.</summary>
    private async Task<bool?> MoveAsync(TenantTransaction transaction, Guid id, int keyId, CancellationToken ct)
    {
        if (await transaction.Db.Set<SlotRelease>().FromSql($"SELECT * FROM slot_releases WHERE id = {id} FOR UPDATE").SingleOrDefaultAsync(ct) is not { } release) return null;
        using (var stored = JsonDocument.Parse(release.ConnectionParams))
        {
            if (SourceCredentials.KeyIds(stored.RootElement).All(key => key >= keyId)) return null;
        }

        if (await opener.ResealAsync(transaction, release.Source(), ct) is not { } moved) return false;
        release.ConnectionParams = moved;
        await transaction.Db.SaveChangesAsync(ct);
        return true;
    }
}
