using System.Text.Json;
using DataSync.Jobs.Inline;
using DataSync.Jobs.Start;
using DataSync.Jobs.Status;
using DataSync.Pipeline;
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

internal static class JobEndpoints
{
    private const string StartExample = """
        {"source_id":"orders-db","mode":"async","sync_type":"full","processing_rules":{"batch_size":1000},
         "refinement_config":{"business_rules":[{"id":"big","when":{">":[{"var":"amount"},1000]},"then":[{"tag":"big"}]}]},
         "output_format":["jsonl","csv"],"export_config":{"include_original":true,"pagination":{"page_size":1000}},"timeout_seconds":300}
        """;

    private const string JobExample = """
        {"job_id":"019f0000-0000-7000-8000-000000000000","tenant_id":"acme","source_id":"orders-db","source_type":"read","mode":"async","sync_type":"full",
         "status":"completed","stage":"export","record_count":10000,"error_count":2,
         "progress":{"extracted":10002,"processed":10000,"refined":10002,"exported":10000,"total":null,"records_per_second":52000.5,"eta_seconds":null},
         "created_at":"2026-01-01T00:00:00Z","started_at":"2026-01-01T00:00:00.02Z","completed_at":"2026-01-01T00:00:00.3Z","duration_ms":280,"attempts":1,
         "created_by":"user","correlation_id":"0af7651916cd43dd8448eb211c80319c","config":{"mode":"async"},
         "result":{"exports":[{"name":"data.jsonl","format":"jsonl","bytes":4660000,"records":10000,"sha256":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08","path":"acme/019f0000-0000-7000-8000-000000000000/data.jsonl"}]},
         "routed":null,"error_details":null}
        """;

    public static IEndpointRouteBuilder MapJobs(this IEndpointRouteBuilder endpoints)
    {
        var sync = endpoints.MapApiGroup("/api/sync", "Syncs");
        sync.MapPost("/start", StartAsync).RequireScope(ApiScope.SyncWrite).WithIdempotency().WithApi(
            "Start a sync",
            "Lays the members of the body over the source's own `sync` section and queues a job. `Idempotency-Key` makes it safe to repeat.\n\n"
            + "Mode `realtime` is answered with 200 once the sync is done: the job, the refused records under `rejections`, and with `export_config.inline` the records under `data`. "
            + "Nothing of the records is kept anywhere; a repeat by key is answered with `job_id` and `status` alone. Hanging up cancels the work. "
            + "413: the records are too large for one realtime sync; 429 with `Retry-After`: others take the places or the memory at the moment.",
            StartExample, JobExample, StatusCodes.Status202Accepted)
            .WithOtherAnswer("The realtime sync is done", InlineEndpoint.Example, StatusCodes.Status200OK);
        sync.MapGet("/jobs", ListAsync).RequireScope(ApiScope.SyncRead).WithApi(
            "List jobs", "From the newest to the oldest, filtered by `status` and `source_id`.", response: $$"""{"items":[{{JobExample}}],"next_cursor":null}""");
        sync.MapGet("/jobs/{job_id}", GetAsync).RequireScope(ApiScope.SyncRead).WithApi("One job", "Its state, how far it is, and what became of it.", response: JobExample);
        sync.MapPost("/jobs/{job_id}/cancel", CancelAsync).RequireScope(ApiScope.SyncWrite).WithApi(
            "Cancel a job", "A queued job is cancelled at once, a running one within moments. What was stored stays readable.", response: JobExample, status: StatusCodes.Status202Accepted);
        sync.MapGet("/jobs/{job_id}/events", JobEvents.StreamAsync).RequireScope(ApiScope.SyncRead).WithApi(
            "Follow a job", "Server-sent events: `progress` with the job whenever it changes, at last `end`. Then the stream closes.", responseType: "text/event-stream");
        return endpoints;
    }

    private static async Task<IResult> StartAsync(
        HttpContext context, Caller caller, StartCommand command, SyncManager manager, InlineRunner inline, InlineAnswers answers, JobViews views, CancellationToken ct)
    {
        if (command.Plan.Mode == SyncModes.Realtime) return await InlineEndpoint.RunAsync(context, caller, command, inline, answers, manager);
        var job = await manager.StartAsync(caller, command, IdempotentWork.IdOf(context), ct);
        return TypedResults.Accepted($"/api/sync/jobs/{job.Id:D}", views.Of(job, caller.Language));
    }

    private static async Task<IResult> ListAsync(Caller caller, Query<JobFilter> filter, SyncManager manager, JobViews views, CursorCodec cursors, CancellationToken ct)
    {
        var (status, source, page) = filter.Value;
        var before = page.After is [var id] ? Guid.Parse(id) : (Guid?)null;
        var jobs = await manager.ListAsync(caller.Tenant, status, source, before, page.Fetch, ct);
        var shown = cursors.Page(caller, page, jobs, job => [job.Id.ToString("D")]);
        return TypedResults.Ok(new Page<JobView>([.. shown.Items.Select(job => views.Of(job, caller.Language))], shown.NextCursor));
    }

    private static async Task<IResult> GetAsync(Caller caller, JobId jobId, SyncManager manager, JobViews views, CancellationToken ct)
        => await manager.FindAsync(caller.Tenant, jobId.Value, ct) is { } job ? TypedResults.Ok(views.Of(job, caller.Language)) : Problem.NotFound();

    private static async Task<IResult> CancelAsync(Caller caller, JobId jobId, SyncManager manager, JobViews views, CancellationToken ct)
    {
        if (!await manager.CancelAsync(caller.Tenant, jobId.Value, ct)) return Problem.NotFound();
        var job = await manager.FindAsync(caller.Tenant, jobId.Value, ct);
        return TypedResults.Accepted($"/api/sync/jobs/{jobId.Value:D}", views.Of(job!, caller.Language));
    }
}

/// <summary>The filter and the page of the list of jobs.</summary>
internal sealed record JobFilter(string? Status, string? SourceId, PageRequest Page) : IRequestQuery<JobFilter>
{
    public static JobFilter Read(QueryReader query)
    {
        var status = query.OptionalOneOf("status", JobStatus.All);
        var source = query.OptionalId("source_id");
        return new JobFilter(status, source, query.Page(JsonSerializer.Serialize(new[] { "jobs", status, source })));
    }
}
