using System.Text.Json;
using DataSync.Jobs.ExportAgain;
using DataSync.Jobs.Inline;
using DataSync.Jobs.Replay;
using DataSync.Jobs.Retry;
using DataSync.Jobs.Start;
using DataSync.Jobs.Status;
using DataSync.Pipeline;
using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Authentication;
using DataSync.Platform.Http.Errors;
using DataSync.Platform.Http.Idempotency;
using DataSync.Platform.Http.OpenApi;
using DataSync.Platform.Http.Paging;
using DataSync.Platform.Http.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DataSync.Jobs;

[ApiTag("Syncs", "Syncs that are started, and the jobs they are: their state, progress and history.")]
internal static class JobEndpoints
{
    private const string StartExample = """
        {"source_id":"orders-db","mode":"async","sync_type":"full","processing_rules":{"batch_size":1000},
         "refinement_config":{"business_rules":[{"id":"big","when":{">":[{"var":"amount"},1000]},"then":[{"tag":"big"}]}]},
         "output_format":["jsonl","csv"],"export_config":{"include_original":true,"pagination":{"page_size":1000}},"timeout_seconds":300,"annotation_timeout_seconds":604800}
        """;

    private const string JobMembers = """
        {"job_id":"019f0000-0000-7000-8000-000000000000","tenant_id":"acme","source_id":"orders-db","source_type":"read","mode":"async","sync_type":"full","export_of":null,
         "status":"completed","stage":"export","record_count":10000,"error_count":2,
         "progress":{"extracted":10002,"processed":10000,"refined":10002,"exported":10000,"total":null,"records_per_second":52000.5,"eta_seconds":null},
         "created_at":"2026-01-01T00:00:00Z","started_at":"2026-01-01T00:00:00.02Z","completed_at":"2026-01-01T00:00:00.3Z","duration_ms":280,"attempts":1,"queue_position":null,"parked":false,
         "created_by":"user","correlation_id":"0af7651916cd43dd8448eb211c80319c","config":{"mode":"async"},
         "result":{"exports":[{"name":"data.jsonl","format":"jsonl","bytes":4660000,"records":10000,"sha256":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08","path":"acme/019f0000-0000-7000-8000-000000000000/data.jsonl"}]},
         "rules":[{"rule_id":"big","hits":4711,"failed":0,"rejected":2}],"gap":null,"enriched":{"ai":{"completed":9990,"low_confidence":8,"failed":2,"calls":9995,"input_tokens":4100000,"output_tokens":960000,"cost":1.19}},"waiting_until":null,"change_tracking":null,"error_details":null
        """;

    private const string JobExample = JobMembers + "}";

    private const string OneJobExample = $$"""
        {{JobMembers}},
         "history":[{"attempt":1,"started_at":"2026-01-01T00:00:00.02Z","ended_at":"2026-01-01T00:00:00.3Z","duration_ms":280,"outcome":"completed","record_count":10000,"error_count":2,
           "stages":[{"stage":"extract","started_at":"2026-01-01T00:00:00.02Z","ended_at":"2026-01-01T00:00:00.2Z","duration_ms":180,"outcome":"completed","record_count":10000},
                     {"stage":"export","started_at":"2026-01-01T00:00:00.2Z","ended_at":"2026-01-01T00:00:00.3Z","duration_ms":100,"outcome":"completed","record_count":10000}],
           "error_details":null}]}
        """;

    private const string ExportAgainExample = """
        {"job_id":"019f0000-0000-7000-8000-000000000002","tenant_id":"acme","source_id":"orders-db","source_type":"export","mode":"async","sync_type":"full","export_of":"019f0000-0000-7000-8000-000000000000",
         "status":"queued","stage":null,"record_count":0,"error_count":0,
         "progress":{"extracted":0,"processed":0,"refined":0,"exported":0,"total":null,"records_per_second":0,"eta_seconds":null},
         "created_at":"2026-01-02T00:00:00Z","started_at":null,"completed_at":null,"duration_ms":null,"attempts":0,"queue_position":1,"parked":false,
         "created_by":"user","correlation_id":"0af7651916cd43dd8448eb211c80319c","config":{"mode":"async"},"result":null,"error_details":null}
        """;

    private const string RetriedExample = """
        {"job_id":"019f0000-0000-7000-8000-000000000000","tenant_id":"acme","source_id":"orders-db","source_type":"read","mode":"async","sync_type":"full",
         "status":"queued","stage":"extract","record_count":4000,"error_count":0,
         "progress":{"extracted":4000,"processed":4000,"refined":4000,"exported":0,"total":null,"records_per_second":0,"eta_seconds":null},
         "created_at":"2026-01-01T00:00:00Z","started_at":null,"completed_at":null,"duration_ms":null,"attempts":1,"queue_position":1,"parked":false,
         "created_by":"user","correlation_id":"0af7651916cd43dd8448eb211c80319c","config":{"mode":"async"},"result":null,"error_details":null,
         "history":[{"attempt":1,"started_at":"2026-01-01T00:00:00.02Z","ended_at":"2026-01-01T00:00:05Z","duration_ms":4980,"outcome":"failed","record_count":4000,"error_count":0,
           "stages":[{"stage":"extract","started_at":"2026-01-01T00:00:00.02Z","ended_at":"2026-01-01T00:00:05Z","duration_ms":4980,"outcome":"failed","record_count":4000}],
           "error_details":{"error_code":"SYNC_203","error_type":"ResourceError","message_key":"errors.job.timeout","message":"The sync took longer than its limit of 5 seconds and was stopped.","message_params":{"seconds":5}}}]}
        """;

    public static IEndpointRouteBuilder MapJobs(this IEndpointRouteBuilder endpoints)
    {
        var sync = endpoints.MapApiGroup("/api/sync", "Syncs");
        sync.MapPost("/start", StartAsync).RequireScope(ApiScope.SyncWrite).AuditsChange("sync.start", "job").WithIdempotency().WithApi(
            "Start a sync",
            "Lays the members of the body over the source's own `sync` section and queues a job. `Idempotency-Key` makes it safe to repeat.\n\n"
            + "Mode `realtime` is answered with 200 once the sync is done: the job, the refused records under `rejections`, and with `export_config.inline` the records under `data`. "
            + "Nothing of the records is kept anywhere; a repeat by key is answered with `job_id` and `status` alone. Hanging up cancels the work. "
            + "413: the records are too large for one realtime sync; 429 with `Retry-After`: others take the places or the memory at the moment.",
            StartExample, JobExample, StatusCodes.Status202Accepted)
            .WithOtherAnswer("The realtime sync is done", InlineEndpoint.Example, StatusCodes.Status200OK);
        sync.MapGet("/jobs", ListAsync).RequireScope(ApiScope.SyncRead).NotAudited("Jobs are shown, and no record.").WithApi(
            "List jobs", "From the newest to the oldest, filtered by `status` and `source_id`.", response: $$"""{"items":[{{JobExample}}],"next_cursor":null}""");
        sync.MapGet("/jobs/{job_id}", GetAsync).RequireScope(ApiScope.SyncRead).NotAudited("A job is shown, and no record.").WithApi(
            "One job", "Its state, its place in the queue, how far it is, what became of it, and the history of its newest attempts and their stages.", response: OneJobExample);
        sync.MapPost("/jobs/{job_id}/cancel", CancelAsync).RequireScope(ApiScope.SyncWrite).AuditsChange("job.cancel", "job", "job_id").WithApi(
            "Cancel a job", "A queued job is cancelled at once, a running one within moments. What was stored stays readable.", response: JobExample, status: StatusCodes.Status202Accepted);
        sync.MapPost("/jobs/{job_id}/retry", RetryAsync).RequireScope(ApiScope.SyncWrite).AuditsChange("job.retry", "job", "job_id").WithIdempotency().WithApi(
            "Retry a job",
            "Queues a failed or cancelled job again. It goes on from its checkpoint: what was stored is neither read nor stored again. 409 for a job that is not failed or cancelled.",
            response: RetriedExample, status: StatusCodes.Status202Accepted);
        ReplayEndpoint.Map(sync, JobExample);
        ExportAgainEndpoint.Map(sync, ExportAgainExample);
        sync.MapGet("/jobs/{job_id}/events", JobEvents.StreamAsync).RequireScope(ApiScope.SyncRead).NotAudited("Progress is shown, and no record.").WithApi(
            "Follow a job", "Server-sent events: `progress` with the job whenever it changes, at last `end`. Then the stream closes.", responseType: "text/event-stream");
        return endpoints;
    }

    [Answers<JobView>(StatusCodes.Status202Accepted)]
    private static async Task<IResult> StartAsync(
        HttpContext context, Caller caller, StartCommand command, SyncManager manager, InlineRunner inline, InlineAnswers answers, JobViews views, CancellationToken ct)
    {
        if (command.Plan.Mode == SyncModes.Realtime) return await InlineEndpoint.RunAsync(context, caller, command, inline, answers, manager);
        var job = await manager.StartAsync(caller, command, IdempotentWork.IdOf(context), ct);
        return TypedResults.Accepted($"/api/sync/jobs/{job.Job.Id:D}", views.Of(job, caller.Language));
    }

    [Answers<Page<JobView>>]
    private static async Task<IResult> ListAsync(Caller caller, Query<JobFilter> filter, SyncManager manager, JobViews views, CursorCodec cursors, CancellationToken ct)
    {
        var (status, source, page) = filter.Value;
        var before = page.After is [var id] ? Guid.Parse(id) : (Guid?)null;
        var jobs = await manager.ListAsync(caller.Tenant, status, source, before, page.Fetch, ct);
        var shown = cursors.Page(caller, page, jobs, job => [job.Job.Id.ToString("D")]);
        return TypedResults.Ok(new Page<JobView>([.. shown.Items.Select(job => views.Of(job, caller.Language))], shown.NextCursor));
    }

    [Answers<JobView>]
    private static async Task<IResult> GetAsync(Caller caller, RouteGuid jobId, SyncManager manager, JobViews views, CancellationToken ct)
        => await manager.FindDetailsAsync(caller.Tenant, jobId.Value, ct) is { } job ? TypedResults.Ok(views.Of(job, caller.Language)) : Problem.NotFound();

    [Answers<JobView>(StatusCodes.Status202Accepted)]
    private static async Task<IResult> CancelAsync(Caller caller, RouteGuid jobId, SyncManager manager, JobViews views, CancellationToken ct)
    {
        if (!await manager.CancelAsync(caller.Tenant, jobId.Value, ct)) return Problem.NotFound();
        var job = await manager.FindDetailsAsync(caller.Tenant, jobId.Value, ct);
        return TypedResults.Accepted($"/api/sync/jobs/{jobId.Value:D}", views.Of(job!, caller.Language));
    }

    [Answers<JobView>(StatusCodes.Status202Accepted)]
    private static async Task<IResult> RetryAsync(Caller caller, RouteGuid jobId, JobRetry retry, JobViews views, CancellationToken ct)
        => await retry.RetryAsync(caller.Tenant, jobId.Value, ct) is { } job
            ? TypedResults.Accepted($"/api/sync/jobs/{jobId.Value:D}", views.Of(job, caller.Language))
            : Problem.NotFound();
}

/// <summary>The filter and the page of the list of jobs.</summary>
internal sealed record JobFilter(string? Status, string? SourceId, PageRequest Page) : IRequestQuery<JobFilter>
{
    public static JobFilter Read(QueryReader query)
    {
        var status = query.OptionalOneOf("status", "Only jobs in this state.", JobStatus.All);
        var source = query.OptionalId("source_id", "Only jobs of this source.");
        return new JobFilter(status, source, query.Page(JsonSerializer.Serialize(new[] { "jobs", status, source })));
    }
}
