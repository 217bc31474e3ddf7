using DataSync.Pipeline.Failures;
using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;

namespace DataSync.Platform.Authentication.ApiKeys;

/// <summary>A tenant's keys in the database. Making and revoking take turns, so that no key is made by one that is just being revoked.</summary>
internal sealed class ApiKeyStore(TenantDatabase database, TimeProvider time)
{
    /// <summary>Keys of a tenant that are good at one time.</summary>
    public const int MostLive = 1000;

    /// <summary>How long a key that is no good any more is still listed.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromDays(30);

    /// <summary>First key of the lock; the second is the tenant.</summary>
    private const int Lock = 730516202;

    /// <summary>Makes the key that is asked for; its text is told here and never again.</summary>
    /// <param name="caller">Whose key it becomes.</param>
    /// <param name="asked">What it is to be.</param>
    /// <param name="maker">The key that asks; null where a token does.</param>
    /// <param name="ct">Ends the waiting.</param>
    public async Task<(ApiKey Key, string Text)> CreateAsync(Caller caller, NewApiKey asked, Guid? maker, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(caller.Tenant, ct);
        await TakeTurnAsync(transaction, ct);
        var now = time.GetUtcNow();
        var keys = transaction.Db.Set<ApiKey>();
        var old = now - Kept;
        await keys.Where(k => k.ExpiresAt < old || k.RevokedAt < old).ExecuteDeleteAsync(ct);
        if (maker is { } id && !await keys.AnyAsync(k => k.Id == id && k.RevokedAt == null, ct)) throw new SyncFailureException(SyncFailure.Permanent("errors.token.invalid"));
        if (await keys.CountAsync(k => k.RevokedAt == null && k.ExpiresAt > now, ct) >= MostLive) throw ApiKeyFailure.TooMany(MostLive);
        var text = ApiKeyText.New(caller.Tenant);
        var key = new ApiKey
        {
            TenantId = caller.Tenant,
            Id = Guid.CreateVersion7(now),
            Name = asked.Name,
            Scopes = string.Join(' ', asked.Scopes),
            KeyHash = ApiKeyText.HashOf(text),
            Hint = ApiKeyText.HintOf(text),
            ExpiresAt = asked.ExpiresAt.ToUniversalTime(),
            CreatedAt = now,
            CreatedBy = caller.Subject,
            MadeBy = maker,
        };
        keys.Add(key);
        await transaction.Db.SaveChangesAsync(ct);
        await transaction.CommitChangeAsync(ct, key.Id.ToString("D"));
        return (key, text);
    }

    /// <summary>Up to <paramref name="count"/> keys in the order they were made, after one; those that were revoked or have expired among them, for 30 days.</summary>
    public async Task<IReadOnlyList<ApiKey>> ListAsync(string tenantId, Guid after, int count, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(tenantId, ct);
        return await transaction.Db.Set<ApiKey>().Where(k => k.Id > after).OrderBy(k => k.Id).Take(count).AsNoTracking().ToListAsync(ct);
    }

    /// <summary>Revokes the key and all that were made with it, and with those. How many ended; null where the tenant has no such key.</summary>
    public async Task<long?> RevokeAsync(string tenantId, Guid id, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(tenantId, ct);
        await TakeTurnAsync(transaction, ct);
        await using var revoke = transaction.Command(
            """
            WITH RECURSIVE line AS (
                SELECT id FROM api_keys WHERE tenant_id = $1 AND id = $2
                UNION SELECT k.id FROM api_keys k JOIN line l ON k.tenant_id = $1 AND k.made_by = l.id),
            ended AS (
                UPDATE api_keys k SET revoked_at = $3 FROM line l WHERE k.tenant_id = $1 AND k.id = l.id AND k.revoked_at IS NULL RETURNING k.id)
            SELECT (SELECT count(*) FROM line), (SELECT count(*) FROM ended)
            """,
            tenantId, id, time.GetUtcNow());
        long known, ended;
        await using (var row = await revoke.ExecuteReaderAsync(ct))
        {
            await row.ReadAsync(ct);
            (known, ended) = (row.GetInt64(0), row.GetInt64(1));
        }

        if (ended > 0) await transaction.CommitChangeAsync(ct);
        else await transaction.CommitAsync(ct);
        return known == 0 ? null : ended;
    }

    private static async Task TakeTurnAsync(TenantTransaction transaction, CancellationToken ct)
    {
        await using var take = transaction.Command("SELECT pg_advisory_xact_lock($1, hashtext($2))", Lock, transaction.Db.TenantId);
        await take.ExecuteNonQueryAsync(ct);
    }
}
