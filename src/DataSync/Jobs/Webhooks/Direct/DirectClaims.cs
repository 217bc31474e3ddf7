using DataSync.Jobs.Engine;
using DataSync.Jobs.Inline;
using DataSync.Jobs.Webhooks.Inbox;
using DataSync.Platform.Persistence;
using DataSync.Platform.Tenancy;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace DataSync.Jobs.Webhooks.Direct;

/// <summary>What came of claiming a delivery.</summary>
internal abstract record DirectClaim
{
    private DirectClaim() { }

    /// <summary>It is this request's to run.</summary>
    public sealed record Taken : DirectClaim;

    /// <summary>It was run before, and safely.</summary>
    public sealed record Done(Guid JobId) : DirectClaim;

    /// <summary>Another request runs it.</summary>
    public sealed record Busy : DirectClaim;
}

/// <summary>
/// Sees to it that a delivery which is run by the process that takes it is run once. The row is a keyed hash and a job's id: nothing of the payload, and of a realtime source's request not even the sender's id.
/// </summary>
internal sealed partial class DirectClaims(TenantDatabase database, InlineOptions options, ILogger<DirectClaims> logger)
{
    /// <summary>What a request needs at most between its wait for a place, which comes after its claim, and its job.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(1);

    /// <summary>The delivery is safe: its sync completed, or (hybrid) its rest was committed together with the job's move into the queue.</summary>
    private const string Safe = $"(j.status = 'completed' OR replace(j.checkpoint::text, {StoredJson.Nul})::json ->> 'stage' = 'export')";

    /// <summary>
    /// Nobody runs it any more, and it is not safe: its job has ended otherwise, or its process died before there was one. A row whose job was removed long after has its place in a job (<see cref="InlineJobs"/> notes it
    /// together with the job), and is no such thing. <c>$7</c> is how long one may live without a job.
    /// </summary>
    private const string Dead = $"""
        d.payload IS NULL AND (
            EXISTS (SELECT 1 FROM sync_jobs j WHERE j.tenant_id = d.tenant_id AND j.id = d.job_id AND j.status IN ('failed', 'cancelled') AND NOT {Safe})
            OR (NOT EXISTS (SELECT 1 FROM sync_jobs j WHERE j.tenant_id = d.tenant_id AND j.id = d.job_id)
                AND d.position IS NULL AND d.received_at < now() - $7))
        """;

    /// <summary>Claims the delivery for a job to come.</summary>
    public async Task<DirectClaim> TakeAsync(DeliveryName name, Guid jobId, int bytes, CancellationToken ct)
    {
        await using var batch = await database.BatchAsync(name.TenantId, durable: true, ct);
        batch.Add(
            $"""
            INSERT INTO webhook_deliveries AS d (tenant_id, delivery_id, source_id, received_at, bytes, job_id, replays)
            SELECT $1, $2, $3, now(), $4, $5, 0
            WHERE NOT EXISTS (SELECT 1 FROM webhook_deliveries o WHERE o.tenant_id = $1 AND o.delivery_id = ANY($6))
            ON CONFLICT (tenant_id, delivery_id) DO UPDATE SET job_id = excluded.job_id, received_at = excluded.received_at WHERE {Dead}
            RETURNING job_id
            """,
            name.TenantId, name.Id, name.SourceId, bytes, jobId, Ids(name.OlderIds), options.Wait + Grace);
        batch.Add(
            $"""
            SELECT d.job_id, d.payload IS NOT NULL OR coalesce({Safe}, d.position IS NOT NULL)
            FROM webhook_deliveries d LEFT JOIN sync_jobs j ON j.tenant_id = d.tenant_id AND j.id = d.job_id
            WHERE d.tenant_id = $1 AND (d.delivery_id = $2 OR d.delivery_id = ANY($3))
            """,
            name.TenantId, name.Id, Ids(name.OlderIds));
        await using var answers = await batch.ReadAsync(ct);
        var taken = await answers.ReadAsync(ct);
        await answers.NextResultAsync(ct);
        var found = await answers.ReadAsync(ct) ? (JobId: await answers.IsDBNullAsync(0, ct) ? Guid.Empty : answers.GetGuid(0), IsSafe: answers.GetBoolean(1)) : default;
        await answers.CloseAsync(); // the claim holds from here
        return taken ? new DirectClaim.Taken() : found.IsSafe ? new DirectClaim.Done(found.JobId) : new DirectClaim.Busy();
    }

    /// <summary>Forgets a claim whose run failed. Where it is not known whether it did, or the database is away, the row stays and the job's own row decides.</summary>
    public async Task LetGoAsync(DeliveryName name, Guid jobId)
    {
        try
        {
            await using var batch = await database.BatchAsync(name.TenantId, durable: false, CancellationToken.None);
            batch.Add(
                $"""
                DELETE FROM webhook_deliveries d WHERE d.tenant_id = $1 AND d.delivery_id = $2 AND d.job_id = $3 AND d.payload IS NULL
                  AND NOT EXISTS (SELECT 1 FROM sync_jobs j WHERE j.tenant_id = d.tenant_id AND j.id = d.job_id AND (j.status NOT IN ('failed', 'cancelled') OR {Safe}))
                """,
                name.TenantId, name.Id, jobId);
            await batch.ExecuteAsync(CancellationToken.None);
        }
        catch (Exception e) when (AttemptVerdict.IsOwnDatabase(e))
        {
            Log.NotLetGo(logger, e.GetType().Name);
        }
    }

    private static NpgsqlParameter Ids(IReadOnlyList<Guid> ids) => new() { Value = ids.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid };

    private static partial class Log
    {
        [LoggerMessage(1801, LogLevel.Warning, "A delivery whose run failed is not yet free for its sender's next try ({Reason}); it is as soon as its job is seen to have failed")]
        public static partial void NotLetGo(ILogger logger, string reason);
    }
}
