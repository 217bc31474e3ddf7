using System.Globalization;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Replay;
using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Authentication;
using DataSync.Platform.Http.Errors;
using DataSync.Platform.Http.OpenApi;
using DataSync.Platform.Http.Paging;
using DataSync.Platform.Http.Requests;
using DataSync.Platform.Localization;
using DataSync.Platform.Tenancy;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace DataSync.Process.Rejections;

/// <summary>Refused records of a job: read, and corrected before they are run again.</summary>
internal static class RejectionEndpoints
{
    private const string Rejection = """
        {"seq":7,"rule_id":"positive","code":"NEGATIVE","message":"amount must be positive","field":"amount","original":{"amount":-1},"created_at":"2026-01-01T00:00:00Z",
         "correction":{"amount":1},"corrected_at":"2026-01-01T00:01:00Z","corrected_by":"user","replay_job_id":null,"replayed_at":null}
        """;

    private static readonly PathParameterShape Seq = new("seq", "The record's sequence number in its job.");

    public static void MapRejections(this IEndpointRouteBuilder endpoints)
    {
        var rejections = endpoints.MapApiGroup("/api/sync/jobs/{job_id}/rejections", "Records");
        rejections.MapGet("", ListAsync).RequireScope(ApiScope.SyncRead).AuditsAccess("rejections.read", "job", "job_id").WithApi(
            "Refused records", "Each with the rule that refused it, its code and message, the original as it came, its correction, and the job that ran it again. Filtered by `rule_id`, `code` and `state`.",
            response: $$"""{"items":[{{Rejection}}],"next_cursor":null}""");
        rejections.MapGet("/{seq}", GetAsync).RequireScope(ApiScope.SyncRead).AuditsAccess("rejections.read", "job", "job_id", "seq").WithApi("One refused record", "As in the list.", response: Rejection).WithMetadata(Seq).WithRefusal(StatusCodes.Status409Conflict, "The record was replayed already.");
        rejections.MapPut("/{seq}", CorrectAsync).RequireScope(ApiScope.SyncWrite).AuditsChange("rejections.correct", "job", "job_id", "seq").WithApi(
            "Correct a refused record",
            "`record` is what a replay runs instead of the original, which stays as it came; a later correction takes its place. 409 for a record that was replayed already.",
            """{"record":{"amount":1}}""", Rejection).WithMetadata(Seq);
    }

    [Answers<Page<RejectionView>>]
    private static async Task<IResult> ListAsync(
        Caller caller, RouteGuid jobId, Query<RejectionFilter> filter, TenantDatabase database, JobExists exists, CursorCodec cursors, Messages messages, CancellationToken ct)
    {
        if (!await exists(caller.Tenant, jobId.Value, ct)) return Problem.NotFound();
        var (rule, code, state, page) = filter.Value;
        await using var transaction = await database.BeginAsync(caller.Tenant, ct);
        var rejections = transaction.Db.Set<SyncRejection>().AsNoTracking().Where(r => r.JobId == jobId.Value);
        if (rule is not null) rejections = rejections.Where(r => r.RuleId == rule);
        if (code is not null) rejections = rejections.Where(r => r.Code == code);
        if (state is not null) rejections = rejections.Where(r => r.ReplayJobId != null == (state == RejectionFilter.Replayed));
        if (page.After is [var after])
        {
            var last = long.Parse(after, CultureInfo.InvariantCulture);
            rejections = rejections.Where(r => r.Seq > last);
        }

        var found = await rejections.OrderBy(r => r.Seq).Take(page.Fetch).ToListAsync(ct);
        var shown = cursors.Page(caller, page, found, r => [r.Seq.ToString(CultureInfo.InvariantCulture)]);
        return TypedResults.Ok(new Page<RejectionView>([.. shown.Items.Select(r => RejectionView.Of(r, messages, caller.Language))], shown.NextCursor));
    }

    [Answers<RejectionView>]
    private static async Task<IResult> GetAsync(Caller caller, RouteGuid jobId, string seq, TenantDatabase database, FindJobState jobs, Messages messages, CancellationToken ct)
    {
        if (await Missing(caller, jobId, jobs, ct) is { } missing) return missing;
        await using var transaction = await database.BeginAsync(caller.Tenant, ct);
        return await FindAsync(transaction, jobId, seq, ct) is { } found ? TypedResults.Ok(RejectionView.Of(found, messages, caller.Language)) : Problem.NotFound();
    }

    [Answers<RejectionView>]
    private static async Task<IResult> CorrectAsync(
        Caller caller, RouteGuid jobId, string seq, Body<CorrectionBody> body, TenantDatabase database, FindJobState jobs, Messages messages, CancellationToken ct)
    {
        if (await Missing(caller, jobId, jobs, ct) is { } missing) return missing;
        await using var transaction = await database.BeginAsync(caller.Tenant, ct);
        await using (var update = transaction.Command(
            """
            UPDATE sync_rejections SET correction = $4::json, corrected_at = now(), corrected_by = $5
            WHERE tenant_id = $1 AND job_id = $2 AND seq = $3 AND replay_job_id IS NULL
            """,
            caller.Tenant, jobId.Value, SeqOf(seq), body.Value.Record, caller.Subject))
        {
            if (await update.ExecuteNonQueryAsync(ct) == 0 && await FindAsync(transaction, jobId, seq, ct) is not null) return Problem.From(SyncFailure.Permanent("errors.rejections.replayed"));
        }

        var found = await FindAsync(transaction, jobId, seq, ct);
        if (found is null) return Problem.NotFound();
        await transaction.CommitChangeAsync(ct);
        return TypedResults.Ok(RejectionView.Of(found, messages, caller.Language));
    }

    /// <summary>Why there are no refused records to look at; null where there may be.</summary>
    private static async Task<IResult?> Missing(Caller caller, RouteGuid jobId, FindJobState jobs, CancellationToken ct)
        => await jobs(caller.Tenant, jobId.Value, ct) is not { } job ? Problem.NotFound()
            : job.Mode == SyncModes.Realtime ? Problem.From(SyncFailure.Permanent("errors.rejections.nothing_kept"))
            : null;

    private static Task<SyncRejection?> FindAsync(TenantTransaction transaction, RouteGuid jobId, string seq, CancellationToken ct)
    {
        var wanted = SeqOf(seq);
        return transaction.Db.Set<SyncRejection>().AsNoTracking().SingleOrDefaultAsync(r => r.JobId == jobId.Value && r.Seq == wanted, ct);
    }

    /// <summary>Text that is no number names no record: it is absent, not malformed.</summary>
    private static long SeqOf(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seq) ? seq : -1;
}
