using DataSync.Jobs.Status;
using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Authentication;
using DataSync.Platform.Http.Errors;
using DataSync.Platform.Http.Idempotency;
using DataSync.Platform.Http.OpenApi;
using DataSync.Platform.Http.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DataSync.Jobs.Replay;

/// <summary><c>POST /api/sync/jobs/{job_id}/rejections/replay</c>: refused records once more, by today's rules.</summary>
internal static class ReplayEndpoint
{
    public static void Map(RouteGroupBuilder sync, string jobExample)
        => sync.MapPost("/jobs/{job_id}/rejections/replay", HandleAsync).RequireScope(ApiScope.SyncWrite).AuditsChange("rejections.replay", "job", "job_id").WithIdempotency().WithApi(
            "Replay refused records",
            "Makes a job (`source_type: replay`) of refused records of a completed job: those named by `seqs`, or all that are left (`all`, or of one `rule_id` or `code`). Each runs as it was corrected, else as it came, "
            + "through `refinement_config` where it is given, else the source's rules of today, and is stored and exported as the first job was. A record is replayed once: what is refused again lies with the new job. "
            + "What was refused before it was a record, or by its schema, is replayed only once it is corrected. 409: one of those named was replayed already, none is left, the job is not completed, or realtime kept nothing.",
            """{"rule_id":"positive"}""", jobExample, StatusCodes.Status202Accepted);

    [Answers<JobView>(StatusCodes.Status202Accepted)]
    private static async Task<IResult> HandleAsync(HttpContext context, Caller caller, RouteGuid jobId, Body<ReplayBody> body, ReplayStart replays, JobViews views, CancellationToken ct)
        => await replays.StartAsync(caller, jobId.Value, body.Value, IdempotentWork.IdOf(context), ct) is { } job
            ? TypedResults.Accepted($"/api/sync/jobs/{job.Job.Id:D}", views.Of(job, caller.Language))
            : Problem.NotFound();
}
