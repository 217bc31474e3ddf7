using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Authentication;
using DataSync.Platform.Http.OpenApi;
using DataSync.Platform.Http.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DataSync.Jobs.Schedules;

[ApiTag("Schedules", "When sources are synced by themselves: by plan, or one sync after the other.")]
internal static class ScheduleEndpoints
{
    private const string Answer = """
        {"source_id":"orders-db","cron":"30 2 * * *","time_zone":"Europe/Berlin","continuous":false,"state":"waiting","next_run_at":"2026-02-01T01:30:00Z","retry_at":null,
         "last_run_at":"2026-01-31T01:30:00.02Z","last_job_id":"019f0000-0000-7000-8000-000000000000","error_details":null,
         "created_at":"2026-01-01T08:00:00Z","updated_at":"2026-01-01T08:00:00Z","created_by":"alice"}
        """;

    public static IEndpointRouteBuilder MapSchedules(this IEndpointRouteBuilder endpoints)
    {
        var schedule = endpoints.MapApiGroup("/api/sources/{source_id}/schedule", "Schedules");
        schedule.MapGet("", GetAsync).RequireScope(ApiScope.SyncRead).NotAudited("A plan is shown, and no record.").WithApi(
            "Show a source's schedule",
            "`state`: `waiting` for `next_run_at`; `running`: a job of the source is open, and a time that comes meanwhile is made up once after it; `due`: a job is being made, or `error_details` tells "
            + "why not and `retry_at` when it is tried again; `paused`: the source is not active. `error_details` also tells why the last due run became no job. 404 where the source has no schedule.",
            response: Answer);
        schedule.MapPut("", SetAsync).RequireScope(ApiScope.SourcesWrite).AuditsChange("schedule.set", "source", "source_id").WithApi(
            "Set a source's schedule",
            "Either `cron` (five fields, or six with seconds first) with `time_zone` (an IANA id), or `continuous`: the next sync begins when the one before has ended. A run is a Start of the source with its own `sync` "
            + "section. A source's runs never overlap, nor any other job of it; what was missed is made up once. 422 where the source cannot be synced so, in mode `realtime` too: nobody would get the answer.",
            """{"cron":"30 2 * * *","time_zone":"Europe/Berlin"}""", Answer);
        schedule.MapDelete("", RemoveAsync).RequireScope(ApiScope.SourcesWrite).AuditsChange("schedule.remove", "source", "source_id").WithApi(
            "Remove a source's schedule", "A job that it has made goes on. 404 where the source has no schedule.", status: StatusCodes.Status204NoContent);
        return endpoints;
    }

    [Answers<ScheduleView>]
    private static async Task<IResult> GetAsync(RouteId sourceId, Caller caller, ScheduleStore store, ScheduleViews views, CancellationToken ct)
        => TypedResults.Ok(views.Of(await store.GetAsync(caller.Tenant, sourceId.Value, ct), caller.Language));

    [Answers<ScheduleView>]
    private static async Task<IResult> SetAsync(RouteId sourceId, Body<ScheduleBody> body, Caller caller, ScheduleStore store, ScheduleViews views, CancellationToken ct)
        => TypedResults.Ok(views.Of(await store.SetAsync(caller, sourceId.Value, body.Value, ct), caller.Language));

    private static async Task<IResult> RemoveAsync(RouteId sourceId, Caller caller, ScheduleStore store, CancellationToken ct)
    {
        await store.RemoveAsync(caller.Tenant, sourceId.Value, ct);
        return TypedResults.NoContent();
    }
}
