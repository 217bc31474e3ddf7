using System.Security.Cryptography;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Persistence;
using DataSync.Platform.Tenancy;
using Npgsql;

namespace DataSync.Platform.Authentication.ApiKeys;

/// <summary>
/// Finds who a key is, in the database and each time: nothing is kept, so what is revoked is refused from the commit on, on every machine. One row by its index, behind the wall of the
/// tenant that the key names: what is there costs the same as what is not, and no statement looks over tenants.
/// </summary>
internal sealed class ApiKeyLookup(TenantDatabase database, DataSources sources, TimeProvider time) : IDisposable
{
    /// <summary>Whoever makes up keys takes no more than a third of the connections to the database, and no more than these.</summary>
    private const int MostAsking = 16;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private readonly SemaphoreSlim _asking = new(Math.Clamp(new NpgsqlConnectionStringBuilder(sources.App.ConnectionString).MaxPoolSize / 3, 1, MostAsking));

    /// <summary>The key, if it is good at this moment; null for one that is unknown, revoked or expired alike.</summary>
    /// <exception cref="SyncFailureException">Too many ask at once.</exception>
    public async Task<GoodApiKey?> FindAsync(string tenantId, string text, CancellationToken ct)
    {
        if (!await _asking.WaitAsync(Patience, ct)) throw new SyncFailureException(SyncFailure.Transient("errors.service.unavailable") with { RetryAfter = TimeSpan.FromSeconds(1) });
        try
        {
            return await LookAsync(tenantId, ApiKeyText.HashOf(text), ct);
        }
        finally
        {
            _asking.Release();
        }
    }

    public void Dispose() => _asking.Dispose();

    private async Task<GoodApiKey?> LookAsync(string tenantId, byte[] hash, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var (found, used) = await ReadAsync(tenantId, hash, now, ct);
        if (found is not null && !(used >= Hour(now))) await MarkAsync(tenantId, found.Id, Hour(now), ct);
        return found;
    }

    private async Task<(GoodApiKey? Key, DateTimeOffset? Used)> ReadAsync(string tenantId, byte[] hash, DateTimeOffset now, CancellationToken ct)
    {
        await using var batch = await database.BatchAsync(tenantId, durable: false, ct);
        batch.Add("SELECT id, scopes, key_hash, expires_at, revoked_at, last_used_at FROM api_keys WHERE tenant_id = $1 AND key_hash = $2", tenantId, hash);
        await using var row = await batch.ReadAsync(ct);
        if (!await row.ReadAsync(ct)) return default;
        // the index has compared already, and how long it took tells of a hash, which nobody can aim at; this is against the day when somebody looks keys up by something else
        if (!CryptographicOperations.FixedTimeEquals(row.GetFieldValue<byte[]>(2), hash)) return default;
        var expires = row.GetFieldValue<DateTimeOffset>(3);
        if (!await row.IsDBNullAsync(4, ct) || expires <= now) return default;
        return (new GoodApiKey(row.GetGuid(0), row.GetString(1), expires), await row.IsDBNullAsync(5, ct) ? null : row.GetFieldValue<DateTimeOffset>(5));
    }

    /// <summary>One write for each hour in which the key is used, whichever machines it is used at.</summary>
    private async Task MarkAsync(string tenantId, Guid id, DateTimeOffset hour, CancellationToken ct)
    {
        await using var batch = await database.BatchAsync(tenantId, durable: false, ct);
        batch.Add("UPDATE api_keys SET last_used_at = $3 WHERE tenant_id = $1 AND id = $2 AND (last_used_at IS NULL OR last_used_at < $3)", tenantId, id, new NpgsqlParameter<DateTimeOffset> { TypedValue = hour });
        await batch.ExecuteAsync(ct);
    }

    private static DateTimeOffset Hour(DateTimeOffset at) => new(at.UtcTicks - (at.UtcTicks % TimeSpan.TicksPerHour), TimeSpan.Zero);
}

/// <summary>A key that is good at this moment, and what it is good for.</summary>
internal sealed record GoodApiKey(Guid Id, string Scopes, DateTimeOffset ExpiresAt);
