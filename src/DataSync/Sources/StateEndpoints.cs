using System.Text.Json.Nodes;
using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Authentication;
using DataSync.Platform.Http.OpenApi;
using DataSync.Platform.Http.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DataSync.Sources;

/// <summary>Shows and resets how far a source's incremental syncs have come.</summary>
internal static class StateEndpoints
{
    private const string Example = """
        {"source_id":"orders-db","last_sync_timestamp":"2026-01-31T08:00:00Z","last_sync_job_id":"019f0000-0000-7000-8000-000000000000","last_record_id":"2026-01-31T07:59:58Z",
         "state":{"kind":"cursor","field":"updated_at","cursor":"2026-01-31T07:59:58Z"},"updated_at":"2026-01-31T08:00:01Z"}
        """;

    /// <summary>Hashes and fingerprints are for the engine.</summary>
    private static readonly string[] Hidden = ["hashes", "nulls", "key_id", "fingerprint", "gap", "next"];

    public static RouteGroupBuilder MapState(this RouteGroupBuilder sources)
    {
        sources.MapGet("{source_id}/state", GetAsync).RequireScope(ApiScope.SyncRead).NotAudited("A position is shown, and no record.").WithApi(
            "Show how far incremental syncs have come", "Every member but the id is null before the first incremental sync has completed.", response: Example);
        sources.MapDelete("{source_id}/state", ResetAsync).RequireScope(ApiScope.SyncWrite).AuditsChange("source.reset", "source", "source_id").WithApi(
            "Reset the incremental state", "The next incremental sync reads everything. 409 while an incremental sync of the source is queued or running.",
            status: StatusCodes.Status204NoContent)
            .WithRefusal(StatusCodes.Status409Conflict, "An incremental sync of the source is queued or running.");
        return sources;
    }

    [Answers<StateAnswer>]
    private static async Task<IResult> GetAsync(RouteId sourceId, Caller caller, SourceStore sources, SourceStates states, CancellationToken ct)
    {
        if (await sources.GetAsync(caller.Tenant, sourceId.Value, ct) is null) throw SourceFailure.NotFound();
        var state = await states.FindAsync(caller.Tenant, sourceId.Value, ct);
        return TypedResults.Ok(new StateAnswer(
            sourceId.Value, state?.LastSyncTimestamp, state?.LastSyncJobId, state?.LastRecordId, Shown(state?.StateData), state?.UpdatedAt));
    }

    private static async Task<IResult> ResetAsync(RouteId sourceId, Caller caller, SourceStates states, CancellationToken ct)
    {
        await states.ResetAsync(caller.Tenant, sourceId.Value, ct);
        return TypedResults.NoContent();
    }

    private static JsonObject? Shown(string? stored)
    {
        if (stored is null || JsonNode.Parse(stored) is not JsonObject state) return null;
        foreach (var name in Hidden) state.Remove(name);
        foreach (var name in state.Where(m => m.Value is null).Select(m => m.Key).ToList()) state.Remove(name);
        return state;
    }
}

/// <summary>A source's incremental state as the API shows it.</summary>
internal sealed record StateAnswer(
    string SourceId, DateTimeOffset? LastSyncTimestamp, Guid? LastSyncJobId, string? LastRecordId, JsonObject? State, DateTimeOffset? UpdatedAt);
