using System.Security.Cryptography;
using System.Text;
using DataSync.Platform.Tenancy;
using Npgsql;
using NpgsqlTypes;

namespace DataSync.Platform.Http.Idempotency;

/// <summary>Claims and answers in <c>idempotency_keys</c>, under row-level security. One statement claims, so two processes cannot both win; the clock is the database's.</summary>
internal sealed class PostgresIdempotencyStore(TenantDatabase database, TimeProvider time) : IdempotencyStore
{
    private static readonly TimeSpan LetGoPause = TimeSpan.FromMilliseconds(500);

    public override async Task<IdempotencyClaim> ClaimAsync(KeyedOperation key, IReadOnlyList<byte[]> fingerprints, CancellationToken cancellationToken)
    {
        await using var transaction = await database.BeginChangeAsync(key.Tenant, cancellationToken);
        await using (var insert = transaction.Command(
            """
            INSERT INTO idempotency_keys AS k (tenant_id, operation, key, fingerprint, claim_id, expires_at, created_at)
            VALUES ($1, $2, $3, $4, $5, now() + $6, now())
            ON CONFLICT (tenant_id, operation, key) DO UPDATE
               SET fingerprint = EXCLUDED.fingerprint, expires_at = EXCLUDED.expires_at, created_at = EXCLUDED.created_at,
                   claim_id = CASE WHEN k.status IS NULL AND k.fingerprint = ANY($7) THEN k.claim_id ELSE EXCLUDED.claim_id END,
                   status = NULL, content_type = NULL, location = NULL, body = NULL, etag = NULL
             WHERE k.expires_at <= now()
            RETURNING claim_id
            """,
            key.Tenant, Operation(key), key.Key, fingerprints[0], Guid.CreateVersion7(time.GetUtcNow()), ClaimLease, fingerprints.ToArray()))
        {
            if (await insert.ExecuteScalarAsync(cancellationToken) is Guid claim)
            {
                await LettingGoAsync(key, claim, () => transaction.CommitAsync(cancellationToken));
                return new IdempotencyClaim.Claimed(claim);
            }
        }

        return await LookAsync(transaction, key, fingerprints, cancellationToken);
    }

    public override async Task<StoredAnswer?> FindAsync(KeyedOperation key, IReadOnlyList<byte[]> fingerprints, CancellationToken cancellationToken)
    {
        await using var transaction = await database.BeginAsync(key.Tenant, cancellationToken);
        return (await LookAsync(transaction, key, fingerprints, cancellationToken) as IdempotencyClaim.Done)?.Answer;
    }

    public override Task CompleteAsync(KeyedOperation key, Guid claimId, StoredAnswer answer, CancellationToken cancellationToken)
        => LettingGoAsync(key, claimId, () => ExecuteAsync(
            key,
            """
            UPDATE idempotency_keys SET status = $5, content_type = $6, location = $7, body = $8, etag = $9, expires_at = now() + $10
            WHERE tenant_id = $1 AND operation = $2 AND key = $3 AND claim_id = $4 AND status IS NULL
            """,
            cancellationToken, claimId, answer.Status, Text(answer.ContentType), Text(answer.Location), answer.Body.ToArray(), Text(answer.ETag), Keep));

    public override Task ReleaseAsync(KeyedOperation key, Guid claimId, CancellationToken cancellationToken)
        => LettingGoAsync(key, claimId, () => ExpireAsync(key, claimId, cancellationToken));

    private Task ExpireAsync(KeyedOperation key, Guid claimId, CancellationToken ct)
        => ExecuteAsync(key, "UPDATE idempotency_keys SET expires_at = now() WHERE tenant_id = $1 AND operation = $2 AND key = $3 AND claim_id = $4 AND status IS NULL", ct, claimId);

    /// <summary>A step whose failing leaves nobody knowing whether the claim stands: then it is let go in the background, and the failure goes on.</summary>
    private async Task LettingGoAsync(KeyedOperation key, Guid claimId, Func<Task> step)
    {
        try
        {
            await step();
        }
        catch
        {
            _ = LetGoAsync(key, claimId);
            throw;
        }
    }

    /// <summary>
    /// Ends a claim as soon as the database answers again; else every repeat would be told for minutes that the first is still at work. It may meet one who
    /// took the same request over: then two do the work under one id, which makes it once.
    /// </summary>
    private async Task LetGoAsync(KeyedOperation key, Guid claimId)
    {
        for (var began = time.GetTimestamp(); time.GetElapsedTime(began) < ClaimLease; await Task.Delay(LetGoPause, time, CancellationToken.None))
        {
            try
            {
                await ExpireAsync(key, claimId, CancellationToken.None);
                return;
            }
            catch (ObjectDisposedException)
            {
                return; // the process ends
            }
            catch (Exception e) when (e is not ObjectDisposedException)
            {
                // Whatever it is (a name that is not resolved is no NpgsqlException): tried again; nobody waits for this one to hear of it.
            }
        }
    }

    private static async Task<IdempotencyClaim> LookAsync(TenantTransaction transaction, KeyedOperation key, IReadOnlyList<byte[]> fingerprints, CancellationToken ct)
    {
        await using var select = transaction.Command(
            "SELECT fingerprint, status, content_type, location, body, etag FROM idempotency_keys WHERE tenant_id = $1 AND operation = $2 AND key = $3 AND expires_at > now()",
            key.Tenant, Operation(key), key.Key);
        await using var row = await select.ExecuteReaderAsync(ct);

        // Gone between the two statements: whoever held it has let go, so the caller may try again at once.
        if (!await row.ReadAsync(ct)) return new IdempotencyClaim.InProgress();
        var known = row.GetFieldValue<byte[]>(0);
        if (!fingerprints.Any(f => CryptographicOperations.FixedTimeEquals(known, f))) return new IdempotencyClaim.Mismatch();
        if (await row.IsDBNullAsync(1, ct)) return new IdempotencyClaim.InProgress();
        return new IdempotencyClaim.Done(new StoredAnswer(
            row.GetInt32(1),
            await row.IsDBNullAsync(2, ct) ? null : row.GetString(2),
            await row.IsDBNullAsync(3, ct) ? null : row.GetString(3),
            row.GetFieldValue<byte[]>(4),
            await row.IsDBNullAsync(5, ct) ? null : row.GetString(5)));
    }

    private async Task ExecuteAsync(KeyedOperation key, string sql, CancellationToken ct, params object[] values)
    {
        await using var transaction = await database.BeginAsync(key.Tenant, ct);
        await using var command = transaction.Command(sql, [key.Tenant, Operation(key), key.Key, .. values]);
        await command.ExecuteNonQueryAsync(ct);
        await transaction.CommitAsync(ct);
    }

    private static byte[] Operation(KeyedOperation key) => SHA256.HashData(Encoding.UTF8.GetBytes(key.Operation));

    private static NpgsqlParameter Text(string? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };
}
