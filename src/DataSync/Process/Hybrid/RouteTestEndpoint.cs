using DataSync.Pipeline;
using DataSync.Pipeline.Routing;
using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Authentication;
using DataSync.Platform.Http.Errors;
using DataSync.Platform.Http.OpenApi;
using DataSync.Platform.Http.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DataSync.Process.Hybrid;

/// <summary><c>POST /api/sync/route-test</c>: where records would go, without syncing any.</summary>
internal static class RouteTestEndpoint
{
    private const string Request = """
        {"processing_rules":{"routing":[{"when":{">":[{"var":"amount"},1000]},"to":"realtime"}],"routing_default":"async"},"records":[{"amount":1500},{"amount":10}]}
        """;

    private const string Response = """
        {"records":[{"index":0,"to":"realtime","rule":0,"decided_by":"rule"},{"index":1,"to":"async","rule":null,"decided_by":"default"}],
         "routed":{"async":1,"realtime":1,"rules":[{"rule":0,"to":"realtime","records":1}],"default":{"to":"async","records":1},"undecided":0}}
        """;

    public static void MapRouteTest(this IEndpointRouteBuilder endpoints)
        => endpoints.MapApiGroup("/api/sync", "Syncs").MapPost("/route-test", Handle).RequireScope(ApiScope.SyncWrite).NotAudited("Only what the request brings is worked on, and nothing is kept.").WithApi(
            "Try routing rules",
            "Tells where a hybrid sync would keep each of up to 1000 sample records, and by which rule: the first whose `when` a record meets, else `routing_default` (`async` where it is not given). "
            + "Rules see records as they are extracted, before refinement. A record whose rule cannot be computed goes to memory (`decided_by: undecided`). Nothing is stored.",
            Request, Response);

    [Answers<RouteTestAnswer>]
    private static IResult Handle(Body<RouteTestBody> body, Caller caller, CompileConditions conditions)
    {
        if (body.Value.Validate(conditions) is { Count: > 0 } faults) return Problem.From(faults);
        var router = RecordRouter.Of(body.Value.Plan(), conditions);
        var records = body.Value.Records.Select((record, i) => RoutedRecord.Of(i, router.Route(record))).ToList();
        return TypedResults.Ok(new RouteTestAnswer(records, router.Counts.Snapshot()));
    }
}

/// <summary>Where the records would go, and the sums as a job shows them.</summary>
internal sealed record RouteTestAnswer(IReadOnlyList<RoutedRecord> Records, RoutedRecords Routed);

/// <summary>Where one record would go. <c>rule</c> is the index of the rule that decided, or could not.</summary>
internal sealed record RoutedRecord(int Index, string To, int? Rule, string DecidedBy)
{
    public static RoutedRecord Of(int index, RecordRoute route) => new(
        index,
        route.ToMemory ? SyncModes.Realtime : SyncModes.Async,
        route.Match.Index < 0 ? null : route.Match.Index,
        route.Match.IsUndecided ? "undecided" : route.Match.Index < 0 ? "default" : "rule");
}
