using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Incremental;
using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Authentication;
using DataSync.Platform.Http.OpenApi;
using DataSync.Platform.Http.Requests;
using DataSync.Platform.Localization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DataSync.Sources;

/// <summary>Shows how a source's changes can be followed: what is there, what is missing, and the SQL for it.</summary>
internal static class TrackingEndpoint
{
    private const string Example = """
        {"source_id":"orders-db","method":"log","available":false,"reason":null,"message":null,"setup":["CREATE PUBLICATION \"datasync_orders_0a1b2c3d\" FOR TABLE \"public\".\"orders\""],
         "undo":["DROP PUBLICATION IF EXISTS \"datasync_orders_0a1b2c3d\""],
         "checks":[{"name":"publication","passed":false,"reason":"tracking.log.publication","message":"…"}],"lag_bytes":null,"purge":null}
        """;

    public static RouteGroupBuilder MapTracking(this RouteGroupBuilder sources)
    {
        sources.MapGet("{source_id}/tracking", GetAsync).RequireScope(ApiScope.SyncRead).AuditsAccess("source.tracking", "source", "source_id").WithApi(
            "Show how changes can be followed",
            "Asks the source's server, changes nothing there: what following the table's changes needs, and the SQL that the customer runs once for it, with what takes it away. " +
            "`purge` removes what the next sync will not ask for from a change log; run it whenever the log should shrink. " +
            "`method` is `cursor`, with the reason, where the source has no table, says `change_tracking: none`, or is of a kind whose changes cannot be followed.",
            response: Example);
        return sources;
    }

    [Answers<TrackingAnswer>]
    private static async Task<IResult> GetAsync(RouteId sourceId, Caller caller, SourceStore store, SourceProbe probe, SourceRelease release, Messages messages, CancellationToken ct)
    {
        var source = await store.GetAsync(caller.Tenant, sourceId.Value, ct) ?? throw SourceFailure.NotFound();
        if (TrackedTable.Of(source) is not var (table, reason)) return TypedResults.Ok(TrackingAnswer.Cursor(source.SourceId, TrackingReason.Of("tracking.query"), messages, caller.Language));
        if (reason is not null) return TypedResults.Ok(TrackingAnswer.Cursor(source.SourceId, reason, messages, caller.Language));
        var setup = await probe.TrackingAsync(caller.Tenant, source.SourceId, new ReadRequest { Table = table }, ct);
        if (setup?.Method == TrackingMethods.Log) await release.ExpectAsync(caller.Tenant, source.SourceId, ct);
        return TypedResults.Ok(setup is null
            ? TrackingAnswer.Cursor(source.SourceId, TrackingReason.Of("tracking.unsupported"), messages, caller.Language)
            : TrackingAnswer.Of(source.SourceId, setup, messages, caller.Language));
    }
}

/// <summary>How a source's changes can be followed.</summary>
internal sealed record TrackingAnswer(
    string SourceId, string Method, bool Available, string? Reason, string? Message, IReadOnlyList<string> Setup, IReadOnlyList<string> Undo,
    IReadOnlyList<TrackingCheckAnswer> Checks, long? LagBytes, string? Purge = null)
{
    public static TrackingAnswer Of(string sourceId, TrackingSetup setup, Messages messages, string language) => new(
        sourceId, setup.Method, setup.IsAvailable, null, null, setup.Setup, setup.Undo,
        [.. setup.Checks.Select(c => new TrackingCheckAnswer(c.Name, c.Passed, c.Reason?.Key, c.Reason is { } why ? messages.Format(why.Key, language, why.Params) : null))], setup.LagBytes, setup.Purge);

    public static TrackingAnswer Cursor(string sourceId, TrackingReason reason, Messages messages, string language)
        => new(sourceId, TrackingMethods.Cursor, false, reason.Key, messages.Format(reason.Key, language, reason.Params), [], [], [], null);
}

/// <summary>One thing that following changes needs. <c>message</c> says in the reader's language what is missing.</summary>
internal sealed record TrackingCheckAnswer(string Name, bool Passed, string? Reason, string? Message);
