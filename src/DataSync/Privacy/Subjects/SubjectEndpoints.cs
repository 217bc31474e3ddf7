using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Authentication;
using DataSync.Platform.Http.Errors;
using DataSync.Platform.Http.Idempotency;
using DataSync.Platform.Http.OpenApi;
using DataSync.Platform.Http.Requests;
using DataSync.Privacy.Subjects.Access;
using DataSync.Privacy.Subjects.Erasure;
using DataSync.Privacy.Subjects.Finding;
using DataSync.Privacy.Subjects.Stores;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DataSync.Privacy.Subjects;

/// <summary>What a tenant does about one person: look, give out, erase.</summary>
[ApiTag("Privacy", "People's data: looked for, given out and erased, and how long what is kept is kept.")]
internal static class SubjectEndpoints
{
    private const string Request = """
        {"request_id":"019f0000-0000-7000-8000-000000000001","status":"completed","subject_hash":"k1:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
         "erased":{"annotation_tasks":1,"deliveries":1,"exports_rewritten":1,"records":3,"rejections":1},
         "exports":[{"job_id":"019f0000-0000-7000-8000-000000000002","outcome":"rewritten","files":["data.jsonl","SHA256SUMS","manifest.json"],"done_at":"2026-01-31T08:00:03Z"}],"export_count":1,
         "attempts":1,"failure":null,"created_by":"dpo","created_at":"2026-01-31T08:00:00Z","started_at":"2026-01-31T08:00:01Z","completed_at":"2026-01-31T08:00:04Z"}
        """;

    private const string Preview = """
        {"subject_hash":"k1:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08","found":{"deliveries":1,"records":3,"rejections":1},
         "jobs":[{"job_id":"019f0000-0000-7000-8000-000000000002","count":3}],"more_jobs":0}
        """;

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        var privacy = endpoints.MapApiGroup("/api/privacy", "Privacy");
        var subjects = privacy.MapGroup("/subjects");
        subjects.MapPost("/preview", PreviewAsync).RequireScope(ApiScope.Privacy).AuditsAccess("privacy.preview", "subject").WithApi(
            "What an erasure would find",
            "Counts, by kind and by job, what is stored of the person whom `value` names; changes nothing. `match`: `whole` (the default) where a value anywhere in a document, or a name in it, is `value`; `within` also where it stands in a longer text. "
            + "`fields` narrows sources to paths (dots between members; lists are looked through). `subject_hash` is the keyed hash by which receipts name the person.",
            SubjectBody.Example, Preview);
        subjects.MapPost("/erase", EraseAsync).RequireScope(ApiScope.Privacy).AuditsChange("privacy.erase", "privacy_request").WithIdempotency().WithApi(
            "Erase a subject",
            "Removes everything that the preview finds, and rewrites the exports that hold it, in the background. The answer is the request, to be asked for until its `status` is `completed`. Jobs that run meanwhile are waited for and gone through again.",
            SubjectBody.Example, Request, StatusCodes.Status202Accepted);
        ExportEndpoint.Map(subjects);
        privacy.MapGet("/requests/{request_id}", ReadAsync).RequireScope(ApiScope.Privacy).NotAudited("Counts and a keyed hash are shown, and no record.").WithApi(
            "A request and its receipt",
            "What was removed, by kind, and which files were rewritten, or removed because their records are not stored. Holds nothing of the person but the keyed hash, and while it runs the sealed value, which is never shown.", response: Request);
    }

    [Answers<PreviewAnswer>]
    private static async Task<IResult> PreviewAsync(Body<SubjectBody> body, Caller caller, IEnumerable<IHoldsSubjects> stores, ErasureRequests requests, CancellationToken ct)
    {
        var search = new SubjectSearch(caller.Tenant, new SubjectMatch(body.Value.Subject));
        foreach (var store in stores.OrderBy(s => s.Order)) await store.CountAsync(search, ct);
        return TypedResults.Ok(new PreviewAnswer(
            await requests.HashAsync(caller.Tenant, body.Value.Subject, ct), search.Counts, [.. search.Jobs.Select(j => new PreviewedJob(j.Key, j.Value))], search.MoreJobs));
    }

    [Answers<ErasureView>(StatusCodes.Status202Accepted)]
    private static async Task<IResult> EraseAsync(HttpContext context, Body<SubjectBody> body, Caller caller, ErasureRequests requests, CancellationToken ct)
    {
        var request = await requests.AddAsync(caller, body.Value.Subject, IdempotentWork.IdOf(context), ct);
        return TypedResults.Accepted($"/api/privacy/requests/{request.RequestId:D}", request);
    }

    [Answers<ErasureView>]
    private static async Task<IResult> ReadAsync(Caller caller, RouteGuid requestId, ErasureRequests requests, CancellationToken ct)
        => await requests.FindAsync(caller.Tenant, requestId.Value, ct) is { } request ? TypedResults.Ok(request) : Problem.NotFound();
}

/// <summary>What a preview found.</summary>
internal sealed record PreviewAnswer(string SubjectHash, IReadOnlyDictionary<string, long> Found, IReadOnlyList<PreviewedJob> Jobs, long MoreJobs);

/// <summary>A job that keeps something of the subject, and how many rows.</summary>
internal sealed record PreviewedJob(Guid JobId, long Count);
