using System.Text.Json;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Audit;
using DataSync.Platform.Persistence;
using DataSync.Platform.Tenancy;
using DataSync.Privacy.Subjects.Finding;
using DataSync.Privacy.Subjects.Stores;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace DataSync.Privacy.Subjects.Erasure;

/// <summary>
/// Takes a request as far as it goes. The walk leads through every place where something of a subject may be. Jobs that were under way meanwhile may have read what was there before, or write it
/// afterwards: once they have ended, another walk follows (see <see cref="AwaitedJobs"/>), and then the request is over. A walk that takes long is left now and then, for others, and gone on with where it was.
/// </summary>
internal sealed partial class ErasureRunner(
    TenantDatabase database, SubjectSeal seal, AwaitedJobs jobs, IEnumerable<IHoldsSubjects> stores, TimeProvider time, ILogger<ErasureRunner> logger)
{
    private const string JobsOpen = "errors.privacy.jobs_open";

    /// <summary>What is held up as long is given up, and says so.</summary>
    private static readonly TimeSpan GivenUp = TimeSpan.FromDays(30);

    /// <summary>What one request takes at once: a large tenant's walk would keep all others' waiting for hours. What is under way between two places is ended first.</summary>
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ForJobs = TimeSpan.FromSeconds(5), Longest = TimeSpan.FromMinutes(10);
    private readonly IHoldsSubjects[] _stores = [.. stores.OrderBy(s => s.Order)];

    /// <summary>Runs a request; does nothing where it is not to be had.</summary>
    public async Task RunAsync(string tenantId, Guid id, CancellationToken ct)
    {
        await using var turn = await TenantTurn.TakeAsync(database, tenantId, ct);
        if (turn is null || await ClaimAsync(tenantId, id, ct) is not { } request) return;
        Log.Began(logger, id, request.Attempts, request.Pass);
        try
        {
            if (await WalkAsync(turn, request, ct)) Log.Ended(logger, id);
        }
        catch (OthersTurnException) when (!ct.IsCancellationRequested)
        {
            await WaitAsync(request, TimeSpan.Zero, null, request.Phase, request.Pass, ct);
        }
        catch (LostTurnException e)
        {
            Log.Lost(logger, id, e.InnerException);
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            // Whatever it is: one person's request ends no worker, and holds up no other's.
            var failure = (e as SyncFailureException)?.Failure.MessageKey ?? (e is System.Data.Common.DbException || DatabaseUnavailable.Caused(e) ? "errors.database.unavailable" : "errors.internal");
            var isOver = e is SyncFailureException { Failure.Kind: FailureKind.Critical } || time.GetUtcNow() - request.CreatedAt > GivenUp;
            Log.Failed(logger, id, failure, isOver, e.InnerException ?? e);
            var wait = TimeSpan.FromSeconds(Math.Min(Longest.TotalSeconds, Math.Pow(2, Math.Min(request.Attempts, 12))));
            if (isOver) await EndAsync(request, RequestStatus.Failed, failure, ct);
            else await WaitAsync(request, wait, failure, request.Phase, request.Pass, ct);
        }
    }

    private Task<PrivacyRequest?> ClaimAsync(string tenantId, Guid id, CancellationToken ct) => database.RunAsync(tenantId, async transaction =>
    {
        var now = time.GetUtcNow();
        if (await transaction.Db.Set<PrivacyRequest>().SingleOrDefaultAsync(r => r.Id == id, ct) is not { CompletedAt: null } request || request.NotBefore > now) return null;
        (request.Status, request.Attempts, request.NotBefore, request.Failure) = (RequestStatus.Running, request.Attempts + 1, null, null);
        request.StartedAt ??= now;
        await transaction.Db.SaveChangesAsync(ct);
        return request;
    }, ct);

    /// <summary>True where the request is over.</summary>
    private async Task<bool> WalkAsync(TenantTurn turn, PrivacyRequest request, CancellationToken ct)
    {
        if (request.Phase.Length == 0 && !await jobs.BeginWalkAsync(request, ct))
        {
            await HoldAsync(request, ForJobs * Math.Min(request.Attempts, 12), request.Pass, ct);
            return false;
        }

        Subject subject;
        await using (var transaction = await database.BeginAsync(request.TenantId, ct)) subject = await seal.ReadAsync(transaction, request.Id, request.Subject!, ct);
        var began = time.GetTimestamp();
        var counted = JsonSerializer.Deserialize<Dictionary<string, long>>(request.Counts)!;
        var work = new ErasureWork(database, request.TenantId, request.Id, request.Attempts, new SubjectMatch(subject), counted) { Confirm = turn.ConfirmAsync, IsOver = () => time.GetElapsedTime(began) >= Turn };
        var first = Math.Max(0, Array.FindIndex(_stores, s => s.Phase == request.Phase));
        for (var i = first; i < _stores.Length; i++)
        {
            await work.EnterAsync(_stores[i].Phase, i == first && request.Phase.Length > 0 ? request.Place : null, ct);
            request.Phase = work.Phase;
            await _stores[i].EraseAsync(work, ct);
        }

        if (await jobs.AskAnotherWalkAsync(request, ct))
        {
            await HoldAsync(request, ForJobs, request.Pass + 1, ct);
            return false;
        }

        await EndAsync(request, RequestStatus.Completed, null, ct);
        return true;
    }

    /// <summary>Waits for jobs, but not for ever: what was removed stays removed, and the request says what held it up.</summary>
    private async Task HoldAsync(PrivacyRequest request, TimeSpan wait, int pass, CancellationToken ct)
    {
        if (time.GetUtcNow() - request.CreatedAt <= GivenUp)
        {
            await WaitAsync(request, wait, JobsOpen, "", pass, ct);
            return;
        }

        Log.GivenUp(logger, request.Id, pass);
        await EndAsync(request, RequestStatus.Failed, JobsOpen, ct);
    }

    private Task<int> WaitAsync(PrivacyRequest request, TimeSpan wait, string? failure, string phase, int pass, CancellationToken ct) => UpdateAsync(
        request,
        "status = 'waiting', not_before = $4, failure = $5, pass = $7, phase = CASE WHEN $6 = '' THEN '' ELSE phase END, place = CASE WHEN $6 = '' THEN NULL ELSE place END, pass_started_at = CASE WHEN pass <> $7 THEN NULL ELSE pass_started_at END",
        ct, time.GetUtcNow() + wait, failure, phase, pass);

    /// <summary>Ends a request, with its entry in the audit log, which says what the receipt says, without the hash of whom it was about.</summary>
    private Task<bool> EndAsync(PrivacyRequest request, string status, string? failure, CancellationToken ct) => database.RunAsync(request.TenantId, async transaction =>
    {
        var now = time.GetUtcNow();
        await using var end = transaction.Command(
            "UPDATE privacy_requests SET status = $4, failure = $5, subject = NULL, completed_at = $6, place = NULL WHERE tenant_id = $1 AND id = $2 AND attempts = $3 RETURNING counts::text",
            request.TenantId, request.Id, request.Attempts, status, Text(failure), now);
        if (await end.ExecuteScalarAsync(ct) is not string counts) return false;
        await AwaitedJobs.ForgetAsync(transaction, request, ct);
        Dictionary<string, object> details = new(StringComparer.Ordinal) { ["counts"] = JsonElement.Parse(counts) };
        if (failure is not null) details["failure"] = failure;
        await AuditInsert.AddAsync(
            transaction,
            new PendingAuditEntry
            {
                TenantId = request.TenantId,
                Time = now,
                ActorKind = AuditActor.System,
                Actor = "erasure",
                Action = "privacy.erased",
                TargetKind = "privacy_request",
                Target = request.Id.ToString("D"),
                Outcome = status == RequestStatus.Completed ? AuditOutcome.Succeeded : AuditOutcome.Failed,
                Details = JsonSerializer.Serialize(details),
            },
            ct);
        return true;
    }, ct);

    private static object Text(object? value) => value ?? new NpgsqlParameter { Value = DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };

    private Task<int> UpdateAsync(PrivacyRequest request, string set, CancellationToken ct, params object?[] values) => database.RunAsync(request.TenantId, async transaction =>
    {
        object?[] all = [request.TenantId, request.Id, request.Attempts, .. values.Select(Text)];
        await using var update = transaction.Command($"UPDATE privacy_requests SET {set} WHERE tenant_id = $1 AND id = $2 AND attempts = $3", all);
        return await update.ExecuteNonQueryAsync(ct);
    }, ct);

    private static partial class Log
    {
        [LoggerMessage(2040, LogLevel.Information, "Erasure {RequestId}: attempt {Attempt}, walk {Pass}")]
        public static partial void Began(ILogger logger, Guid requestId, int attempt, int pass);

        [LoggerMessage(2041, LogLevel.Information, "Erasure {RequestId} is complete")]
        public static partial void Ended(ILogger logger, Guid requestId);

        [LoggerMessage(2042, LogLevel.Warning, "Erasure {RequestId} went to another worker")]
        public static partial void Lost(ILogger logger, Guid requestId, Exception? exception);

        [LoggerMessage(2043, LogLevel.Error, "Erasure {RequestId} was held up by {MessageKey}; given up: {IsOver}")]
        public static partial void Failed(ILogger logger, Guid requestId, string messageKey, bool isOver, Exception exception);

        [LoggerMessage(2130, LogLevel.Error, "Erasure {RequestId} is given up before its walk {Pass}: jobs that read what it removes have been open for thirty days")]
        public static partial void GivenUp(ILogger logger, Guid requestId, int pass);
    }
}
