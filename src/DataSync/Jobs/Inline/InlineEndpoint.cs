using System.Text.Json;
using DataSync.Jobs.Start;
using DataSync.Platform.Authentication;
using DataSync.Platform.Http.Idempotency;
using Microsoft.AspNetCore.Http;

namespace DataSync.Jobs.Inline;

/// <summary>A Start of mode realtime: answered when it is done.</summary>
internal static class InlineEndpoint
{
    /// <summary>An answer, for the API's description.</summary>
    public const string Example = """
        {"data":[{"id":1,"amount":12.50}],"rejections":[{"seq":1,"rule_id":"positive","code":"NEGATIVE","message":"amount must be positive","field":null,"original":{"id":2,"amount":-1}}],
         "job_id":"019f0000-0000-7000-8000-000000000000","tenant_id":"acme","source_id":"orders-db","source_type":"read","mode":"realtime","sync_type":"full",
         "status":"completed","stage":"export","record_count":1,"error_count":1,
         "progress":{"extracted":2,"processed":1,"refined":2,"exported":1,"total":null,"records_per_second":200.5,"eta_seconds":null},
         "created_at":"2026-01-01T00:00:00Z","started_at":"2026-01-01T00:00:00Z","completed_at":"2026-01-01T00:00:00.01Z","duration_ms":10,"attempts":1,
         "created_by":"user","correlation_id":"0af7651916cd43dd8448eb211c80319c","config":{"mode":"realtime"},"result":{"exports":[]},"routed":null,"gap":null,"error_details":null}
        """;

    public static async Task<IResult> RunAsync(HttpContext http, Caller caller, StartCommand command, InlineRunner runner, InlineAnswers answers, SyncManager manager)
    {
        var location = (SyncJob job) => $"/api/sync/jobs/{job.Id:D}";
        var workId = IdempotentWork.IdOf(http);
        if (workId is { } known && await manager.FindAsync(caller.Tenant, known, http.RequestAborted) is { } made)
        {
            // The work was done, and its process died before it could say so. What became of the records is not known here any more.
            if (made.Status == JobStatus.Completed) return await ReplayAsync(http, made, location(made));
            workId = null;
        }

        http.Response.StatusCode = StatusCodes.Status200OK;
        http.Response.ContentType = "application/json; charset=utf-8";
        var answer = answers.To(http.Response.BodyWriter, caller.Language);
        var job = await runner.RealtimeAsync(InlineStart.Of(caller, command) with { WorkId = workId }, answer, CallerConnection.Of(http));
        KeyedOutcome.Of(http)?.Keep(StatusCodes.Status200OK, location(job), Outcome(job));
        return Results.Empty;
    }

    private static async Task<IResult> ReplayAsync(HttpContext http, SyncJob job, string location)
    {
        var outcome = Outcome(job);
        KeyedOutcome.Of(http)?.Keep(StatusCodes.Status200OK, location, outcome);
        http.Response.Headers.Location = location;
        http.Response.Headers["Idempotency-Replayed"] = "true";
        await Results.Bytes(outcome, "application/json").ExecuteAsync(http);
        return Results.Empty;
    }

    /// <summary>What is kept of an answer, and given to a repeat.</summary>
    private static byte[] Outcome(SyncJob job)
        => JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string>(StringComparer.Ordinal) { ["job_id"] = job.Id.ToString("D"), ["status"] = job.Status });
}
