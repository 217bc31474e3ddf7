using System.Globalization;
using DataSync.Alerts.Notices;
using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Authentication;
using DataSync.Platform.Http.Errors;
using DataSync.Platform.Http.OpenApi;
using DataSync.Platform.Http.Paging;
using DataSync.Platform.Http.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DataSync.Alerts.States;

[ApiTag("Alerts", "What is wrong with a tenant's syncs, who is told of it, and by which rules.")]
internal static class AlertEndpoints
{
    private const string Example = """
        {"alert_id":"019f0000-0000-7000-8000-000000000000","rule_id":"error_rate","condition":"error_rate","subject":null,"status":"open","message":"25 % of the syncs of the last 300 seconds failed, where at most 10 % should.",
         "value":0.25,"threshold":0.1,"window_seconds":300,"opened_at":"2026-01-31T08:00:00Z","over_at":null,"silenced":false,"acknowledged_at":null,"acknowledged_by":null}
        """;

    public static void MapAlerts(this IEndpointRouteBuilder endpoints)
    {
        var alerts = endpoints.MapApiGroup("/api/alerts", "Alerts");
        alerts.MapGet("", ListAsync).RequireScope(ApiScope.SyncRead).NotAudited("Alerts are shown, and no record.").WithApi(
            "List alerts", "The newest first. Each breach of a rule is one, from when it was first seen (`open`) until it was `over`.", response: $$"""{"items":[{{Example}}],"next_cursor":null}""");
        alerts.MapGet("{alert_id}", GetAsync).RequireScope(ApiScope.SyncRead).NotAudited("An alert is shown, and no record.").WithApi("Show an alert", "404 for one that is not the tenant's.", response: Example);
        alerts.MapPost("{alert_id}/acknowledge", AcknowledgeAsync).RequireScope(ApiScope.SyncWrite).AuditsChange("alert.acknowledge", "alert", "alert_id").WithApi(
            "Acknowledge an alert", "Notes who has taken it in hand, and when. A second time changes nothing.", response: Example);
    }

    [Answers<Page<AlertView>>]
    private static async Task<IResult> ListAsync(Query<AlertListQuery> query, Caller caller, AlertStore store, NoticeText texts, CursorCodec cursors, CancellationToken ct)
    {
        var (status, rule, page) = query.Value;
        var before = page.After is [var at, var id] ? (DateTimeOffset.Parse(at, CultureInfo.InvariantCulture), Guid.Parse(id)) : ((DateTimeOffset, Guid)?)null;
        var found = await store.ListAsync(caller.Tenant, status, rule, before, page.Fetch, ct);
        return TypedResults.Ok(cursors.Page(
            caller, page, [.. found.Select(a => AlertView.Of(a, texts.Of(a, caller.Language)))], a => [a.OpenedAt.ToString("O", CultureInfo.InvariantCulture), a.AlertId.ToString("D")]));
    }

    [Answers<AlertView>]
    private static async Task<IResult> GetAsync(RouteGuid alertId, Caller caller, AlertStore store, NoticeText texts, CancellationToken ct)
        => await store.FindAsync(caller.Tenant, alertId.Value, ct) is { } alert ? TypedResults.Ok(AlertView.Of(alert, texts.Of(alert, caller.Language))) : Problem.NotFound();

    [Answers<AlertView>]
    private static async Task<IResult> AcknowledgeAsync(RouteGuid alertId, Caller caller, AlertStore store, NoticeText texts, CancellationToken ct)
        => await store.AcknowledgeAsync(caller.Tenant, alertId.Value, caller.Subject, ct) is { } alert ? TypedResults.Ok(AlertView.Of(alert, texts.Of(alert, caller.Language))) : Problem.NotFound();
}
