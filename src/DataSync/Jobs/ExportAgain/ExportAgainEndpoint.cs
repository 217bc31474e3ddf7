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

namespace DataSync.Jobs.ExportAgain;

/// <summary><c>POST /api/sync/jobs/{job_id}/exports</c>: a job's stored records once more, in another form.</summary>
internal static class ExportAgainEndpoint
{
    private const string Body = """{"output_format":["csv"],"export_config":{"compression":"gzip"},"timeout_seconds":600}""";

    public static void Map(RouteGroupBuilder sync, string jobExample)
        => sync.MapPost("/jobs/{job_id}/exports", HandleAsync).RequireScope(ApiScope.SyncWrite).AuditsChange("job.export_again", "job", "job_id").WithIdempotency().WithApi(
            "Export a job again",
            "Makes a job (`source_type: export`, `export_of`: the job) that exports the stored records of a completed `async` job, with what rules, models and annotators made of them; nothing is extracted again, and the source is not asked. "
            + "`output_format`, `export_config` and `timeout_seconds` are those of a Start; what is left out is as it was with the job. The files lie in the new job's folder and are listed with both jobs; those of the job itself are not touched. "
            + "409: the job has not ended, is not completed, did not store all its records (`realtime`, `hybrid`), or is such an export itself.",
            Body, jobExample, StatusCodes.Status202Accepted);

    [Answers<JobView>(StatusCodes.Status202Accepted)]
    private static async Task<IResult> HandleAsync(HttpContext context, Caller caller, RouteGuid jobId, ExportAgainCommand command, ExportAgainStart exports, JobViews views, CancellationToken ct)
        => await exports.StartAsync(caller, jobId.Value, command, IdempotentWork.IdOf(context), ct) is { } job
            ? TypedResults.Accepted($"/api/sync/jobs/{job.Job.Id:D}", views.Of(job, caller.Language))
            : Problem.NotFound();
}
