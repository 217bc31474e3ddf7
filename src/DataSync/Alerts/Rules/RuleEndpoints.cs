using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Authentication;
using DataSync.Platform.Http.Errors;
using DataSync.Platform.Http.OpenApi;
using DataSync.Platform.Http.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DataSync.Alerts.Rules;

internal static class RuleEndpoints
{
    internal const string Example = """
        {"rule_id":"error_rate","condition":"error_rate","built_in":false,"threshold":0.2,"window_seconds":600,"source_id":null,"min_count":5,"channels":["on-call"],"enabled":true,"silenced_until":null,
         "version":1,"created_by":"alice","updated_at":"2026-01-31T08:00:00Z"}
        """;

    public static void MapRules(this IEndpointRouteBuilder endpoints)
    {
        var rules = endpoints.MapApiGroup("/api/alert-rules", "Alerts");
        rules.MapGet("", ListAsync).RequireScope(ApiScope.SyncRead).NotAudited("Rules are shown, and no record.").WithApi("List the rules that hold", "The tenant's own, and the built-in ones it has put no rule of its own in the place of.", response: $$"""{"items":[{{Example}}],"next_cursor":null}""");
        rules.MapGet("{rule_id}", GetAsync).RequireScope(ApiScope.SyncRead).NotAudited("A rule is shown, and no record.").WithApi("Show a rule", "404 for one that is not the tenant's, nor built in.", response: Example);
        rules.MapPut("{rule_id}", ReplaceAsync).RequireScope(ApiScope.Operator).AuditsChange("alert_rule.replace", "alert_rule", "rule_id").WithApi(
            "Make or replace a rule",
            "`condition`: `error_rate` (share of the jobs of `window_seconds` that failed), `duration` (seconds a job ran), `stale_source` (seconds since a scheduled source last came through), `webhook_failures` (share of deliveries), `slot_lag` (bytes of its log that a source's server keeps), "
            + "`budget` (share of the month's budget for language models). It is a breach where `threshold` is exceeded; with fewer than `min_count` jobs or deliveries a share says nothing. "
            + "`channels` null: all are told. A rule that has the name of a condition takes the place of that condition's built-in rule; `enabled` false turns it off.",
            """{"condition":"error_rate","threshold":0.2,"window_seconds":600,"min_count":5,"channels":["on-call"]}""", Example);
        rules.MapDelete("{rule_id}", DeleteAsync).RequireScope(ApiScope.Operator).AuditsChange("alert_rule.delete", "alert_rule", "rule_id").WithApi("Delete a rule", "What was open by it is over. Where it stood for a built-in rule, that one holds again.", status: StatusCodes.Status204NoContent);
        rules.MapPut("{rule_id}/silence", SilenceAsync).RequireScope(ApiScope.SyncWrite).AuditsChange("alert_rule.silence", "alert_rule", "rule_id").WithApi(
            "Silence a rule", "Its breaches are recorded, and nobody is told of those that begin before the silence ends.", """{"minutes":60}""", """{"rule_id":"error_rate","silenced_until":"2026-01-31T09:00:00Z"}""");
        rules.MapDelete("{rule_id}/silence", EndSilenceAsync).RequireScope(ApiScope.SyncWrite).AuditsChange("alert_rule.end_silence", "alert_rule", "rule_id").WithApi("End a silence", "404 where there is none.", status: StatusCodes.Status204NoContent);
    }

    [Answers<RulesView>]
    private static async Task<IResult> ListAsync(Caller caller, RuleStore store, CancellationToken ct) => TypedResults.Ok(new RulesView(await store.ListAsync(caller.Tenant, ct), null));

    [Answers<RuleView>]
    private static async Task<IResult> GetAsync(RouteId ruleId, Caller caller, RuleStore store, CancellationToken ct)
        => await store.FindAsync(caller.Tenant, ruleId.Value, ct) is { } rule ? TypedResults.Ok(rule) : Problem.NotFound();

    [Answers<RuleView>]
    private static async Task<IResult> ReplaceAsync(AlertId ruleId, Body<RuleBody> body, Caller caller, RuleStore store, CancellationToken ct)
        => TypedResults.Ok(await store.ReplaceAsync(caller.Tenant, ruleId.Value, body.Value, caller.Subject, ct));

    private static async Task<IResult> DeleteAsync(RouteId ruleId, Caller caller, RuleStore store, CancellationToken ct)
        => await store.DeleteAsync(caller.Tenant, ruleId.Value, ct) ? TypedResults.NoContent() : Problem.NotFound();

    [Answers<SilenceView>]
    private static async Task<IResult> SilenceAsync(RouteId ruleId, Body<SilenceBody> body, Caller caller, RuleStore store, CancellationToken ct)
        => await store.SilenceAsync(caller.Tenant, ruleId.Value, TimeSpan.FromMinutes(body.Value.Minutes), caller.Subject, ct) is { } until ? TypedResults.Ok(new SilenceView(ruleId.Value, until)) : Problem.NotFound();

    private static async Task<IResult> EndSilenceAsync(RouteId ruleId, Caller caller, RuleStore store, CancellationToken ct)
        => await store.EndSilenceAsync(caller.Tenant, ruleId.Value, ct) ? TypedResults.NoContent() : Problem.NotFound();

    /// <summary>A silence as it is shown.</summary>
    internal sealed record SilenceView(string RuleId, DateTimeOffset SilencedUntil);
}
