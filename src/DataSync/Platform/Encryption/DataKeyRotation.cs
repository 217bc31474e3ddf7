using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Tenancy;
using Microsoft.Extensions.Logging;

namespace DataSync.Platform.Encryption;

/// <summary>Gives a tenant a new data key, moves everything to it, and removes the old keys that seal nothing any more. Nobody has to stop.</summary>
internal sealed partial class DataKeyRotation(
    TenantDatabase database, TenantKeyring keyring, IEnumerable<ISealedStore> stores, ILogger<DataKeyRotation> logger)
{
    private readonly ISealedStore[] _stores = [.. stores];

    /// <summary>Safe to run again after a crash, and at once by several: each run ends with the newest key in use alone.</summary>
    public async Task<DataKeyRotationOutcome> RunAsync(string tenantId, CancellationToken ct)
    {
        if (await database.ChangeAsync(tenantId, transaction => keyring.AddAsync(transaction, ct), added => added is not null, ct, isOfWhatLiesHere: true) is not { } keyId) return new DataKeyRotationOutcome(0, 0, 0, 0);
        var (moved, unreadable) = (0, 0);
        foreach (var store in _stores)
        {
            var outcome = await store.ResealAsync(tenantId, keyId, ct);
            moved += outcome.Moved;
            unreadable += outcome.Unreadable;
        }

        var removed = await RemoveUnusedAsync(tenantId, ct);
        Log.Rotated(logger, keyId, moved, unreadable, removed);
        return new DataKeyRotationOutcome(keyId, moved, unreadable, removed);
    }

    private Task<int> RemoveUnusedAsync(string tenantId, CancellationToken ct) => database.RunAsync(tenantId, async transaction =>
    {
        // Waits for every transaction that is sealing with one of them; those that come later find a newer key.
        List<int> retired = [];
        await using (var command = transaction.Command("SELECT key_id FROM tenant_keys WHERE retired_at IS NOT NULL ORDER BY key_id FOR UPDATE"))
        await using (var reader = await command.ExecuteReaderAsync(ct))
        {
            while (await reader.ReadAsync(ct)) retired.Add(reader.GetInt32(0));
        }

        HashSet<int> used = [];
        foreach (var store in _stores) used.UnionWith(await store.KeysInUseAsync(transaction, ct));
        retired.RemoveAll(used.Contains);
        await using var delete = transaction.Command("DELETE FROM tenant_keys WHERE key_id = ANY ($1)", retired.ToArray());
        return await delete.ExecuteNonQueryAsync(ct);
    }, ct);

    private static partial class Log
    {
        [LoggerMessage(1103, LogLevel.Information, "Rotated a tenant's data key to {KeyId}: {Moved} moved, {Unreadable} unreadable and left, {Removed} old keys removed")]
        public static partial void Rotated(ILogger logger, int keyId, int moved, int unreadable, int removed);
    }
}

/// <summary>What a rotation did.</summary>
/// <param name="KeyId">The key that seals now; 0 for a tenant without any key.</param>
/// <param name="Moved">Things sealed again under it.</param>
/// <param name="Unreadable">Things that do not open; what sealed them stays.</param>
/// <param name="Removed">Old keys removed.</param>
internal sealed record DataKeyRotationOutcome(int KeyId, int Moved, int Unreadable, int Removed);
