using System.Globalization;
using System.Security.Cryptography;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Tenancy;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace DataSync.Platform.Encryption;

/// <summary>
/// A tenant's data keys. Sealing happens inside the transaction that stores the value and holds the key's row against removal until it
/// commits, so a key that is taken away can never be one that something was just sealed with.
/// </summary>
internal sealed partial class TenantKeyring(IKeyWrapper wrapper, DataKeyCache cache, TimeProvider time, ILogger<TenantKeyring> logger)
{
    private const int Tries = 5;

    /// <summary>The key that seals now: the newest. Made at first use; of two that make it at once, one is kept and both use it.</summary>
    public async Task<DataKey> SealingKeyAsync(TenantTransaction transaction, CancellationToken ct)
    {
        for (var i = 0; i < Tries; i++)
        {
            // The lock on a key that was deleted in between finds no row: look again.
            var newest = await ReadAsync(transaction, "SELECT key_id, master_key_id, wrapped_key FROM tenant_keys ORDER BY key_id DESC LIMIT 1 FOR KEY SHARE", ct);
            if (newest is not null) return await UnwrapAsync(transaction.Db.TenantId, newest, ct);
            using var first = DataKey.Random(1);
            await InsertAsync(transaction, first, ct);
        }

        throw new InvalidOperationException("A tenant's newest data key was removed again and again while it was read.");
    }

    /// <summary>
    /// The key of a sealed value; null if there is none, because it was removed after the value was moved to a newer key: read the value again.
    /// <paramref name="fresh"/> asks the database even if the key is at hand.
    /// </summary>
    public async Task<DataKey?> OpeningKeyAsync(TenantTransaction transaction, int keyId, bool fresh, CancellationToken ct)
    {
        var tenant = transaction.Db.TenantId;
        if (!fresh && cache.Find(tenant, keyId) is { } cached) return cached;
        if (await ReadAsync(transaction, "SELECT key_id, master_key_id, wrapped_key FROM tenant_keys WHERE key_id = $1", ct, keyId) is not { } row) return null;
        var key = await UnwrapAsync(tenant, row, ct);
        cache.Keep(tenant, key);
        return key;
    }

    /// <summary>A sealed value in the clear, by the key that the database has for it now; null where it does not open. The caller zeroes it.</summary>
    public async Task<byte[]?> OpenAsync(TenantTransaction transaction, byte[]? sealedValue, SealedPlace place, CancellationToken ct)
    {
        if (!DataKey.TryReadKeyId(sealedValue, out var id)) return null;
        using var key = await OpeningKeyAsync(transaction, id, fresh: true, ct);
        return key is not null && key.TryOpen(sealedValue, place, out var plain) ? plain : null;
    }

    /// <summary>The key of a sealed value if it is at hand, without asking the database.</summary>
    public DataKey? OpeningKeyAtHand(string tenantId, int keyId) => cache.Find(tenantId, keyId);

    /// <summary>Adds the next key, which seals from the commit on; the others only open. Returns its id; null for a tenant that has none to follow.</summary>
    public async Task<int?> AddAsync(TenantTransaction transaction, CancellationToken ct)
    {
        if (await ReadAsync(transaction, "SELECT key_id, master_key_id, wrapped_key FROM tenant_keys LIMIT 1", ct) is null) return null;
        using var current = await SealingKeyAsync(transaction, ct);
        using var next = DataKey.Random(current.KeyId + 1);
        await InsertAsync(transaction, next, ct);
        await using var retire = transaction.Command("UPDATE tenant_keys SET retired_at = $1 WHERE key_id < $2 AND retired_at IS NULL", time.GetUtcNow(), next.KeyId);
        await retire.ExecuteNonQueryAsync(ct);
        return next.KeyId;
    }

    /// <summary>Wraps again, under the first master key, every key of the tenant that another one wrapped. Returns how many.</summary>
    public async Task<int> RewrapAsync(TenantTransaction transaction, CancellationToken ct)
    {
        List<WrappedKey> rows = [];
        await using (var command = transaction.Command(
            "SELECT key_id, master_key_id, wrapped_key FROM tenant_keys WHERE master_key_id <> $1 ORDER BY key_id FOR NO KEY UPDATE", wrapper.WrappingKeyId))
        await using (var reader = await command.ExecuteReaderAsync(ct))
        {
            while (await reader.ReadAsync(ct)) rows.Add(Row(reader));
        }

        foreach (var row in rows)
        {
            using var key = await UnwrapAsync(transaction.Db.TenantId, row, ct);
            var wrapped = await wrapper.WrapAsync(key.Bytes, Context(transaction.Db.TenantId, key.KeyId), ct);
            await using var update = transaction.Command("UPDATE tenant_keys SET master_key_id = $1, wrapped_key = $2 WHERE key_id = $3", wrapper.WrappingKeyId, wrapped, key.KeyId);
            await update.ExecuteNonQueryAsync(ct);
        }

        return rows.Count;
    }

    private async Task InsertAsync(TenantTransaction transaction, DataKey key, CancellationToken ct)
    {
        var wrapped = await wrapper.WrapAsync(key.Bytes, Context(transaction.Db.TenantId, key.KeyId), ct);
        await using var insert = transaction.Command(
            "INSERT INTO tenant_keys (tenant_id, key_id, master_key_id, wrapped_key, created_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
            transaction.Db.TenantId, key.KeyId, wrapper.WrappingKeyId, wrapped, time.GetUtcNow());
        if (await insert.ExecuteNonQueryAsync(ct) == 1) Log.KeyMade(logger, key.KeyId, wrapper.WrappingKeyId);
    }

    private async Task<DataKey> UnwrapAsync(string tenant, WrappedKey row, CancellationToken ct)
    {
        if (!wrapper.Knows(row.MasterKeyId))
        {
            Log.MasterKeyUnknown(logger, row.MasterKeyId, row.KeyId);
            throw new SyncFailureException(new SyncFailure(FailureKind.Critical, "errors.encryption.master_key_unknown"));
        }

        try
        {
            return await DataKey.CreateAsync(row.KeyId, into => wrapper.UnwrapAsync(row.MasterKeyId, row.Wrapped, Context(tenant, row.KeyId), into, ct));
        }
        catch (CryptographicException)
        {
            Log.KeyBroken(logger, row.KeyId, row.MasterKeyId);
            throw new SyncFailureException(new SyncFailure(FailureKind.Critical, "errors.encryption.unreadable"));
        }
    }

    private static byte[] Context(string tenant, int keyId) => AssociatedData.Of("datasync:data-key:v1", tenant, keyId.ToString(CultureInfo.InvariantCulture));

    private static async Task<WrappedKey?> ReadAsync(TenantTransaction transaction, string sql, CancellationToken ct, params object?[] values)
    {
        await using var command = transaction.Command(sql, values);
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? Row(reader) : null;
    }

    private static WrappedKey Row(NpgsqlDataReader reader) => new(reader.GetInt32(0), reader.GetString(1), reader.GetFieldValue<byte[]>(2));

    private sealed record WrappedKey(int KeyId, string MasterKeyId, byte[] Wrapped);

    private static partial class Log
    {
        [LoggerMessage(1100, LogLevel.Information, "Made data key {KeyId} of a tenant, wrapped by master key {MasterKeyId}")]
        public static partial void KeyMade(ILogger logger, int keyId, string masterKeyId);

        [LoggerMessage(1101, LogLevel.Critical, "Data key {KeyId} is wrapped by master key {MasterKeyId}, which is not in DATASYNC_MASTER_KEY: add it again")]
        public static partial void MasterKeyUnknown(ILogger logger, string masterKeyId, int keyId);

        [LoggerMessage(1102, LogLevel.Critical, "Data key {KeyId} does not unwrap with master key {MasterKeyId}: its row was changed, or another key has that id")]
        public static partial void KeyBroken(ILogger logger, int keyId, string masterKeyId);
    }
}
