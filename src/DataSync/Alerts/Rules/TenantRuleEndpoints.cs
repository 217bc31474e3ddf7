using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Authentication;
using DataSync.Platform.Http.Errors;
using DataSync.Platform.Http.OpenApi;
using DataSync.Platform.Http.Requests;
using DataSync.Platform.Tenancy.Regions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DataSync.Alerts.Rules;

/// <summary>Any tenant's rules, for the operator, beside the other settings of a tenant. What is done is in the tenant's own audit log.</summary>
internal static class TenantRuleEndpoints
{
    public static void MapRulesOfTenants(this IEndpointRouteBuilder endpoints)
    {
        var rules = endpoints.MapGroupOfTenants("alert-rules", "Alerts");
        rules.MapGet("", ListAsync).WithName("getAlertRulesOfTenant").RequireScope(ApiScope.Operator).NotAudited("Rules are shown, and no record.").WithApi(
            "List the rules that hold for any tenant", "The tenant's own, and the built-in ones that none of its own takes the place of.", response: $$"""{"items":[{{RuleEndpoints.Example}}],"next_cursor":null}""");
        rules.MapPut("{rule_id}", ReplaceAsync).WithName("putAlertRuleOfTenant").RequireScope(ApiScope.Operator).AuditsChange("alert_rule.replace", "alert_rule", "rule_id").WithApi(
            "Make or replace a rule of any tenant", "As `PUT /api/alert-rules/{rule_id}` with a token of that tenant.",
            """{"condition":"error_rate","threshold":0.2,"window_seconds":600,"min_count":5,"channels":["on-call"]}""", RuleEndpoints.Example);
        rules.MapDelete("{rule_id}", DeleteAsync).WithName("deleteAlertRuleOfTenant").RequireScope(ApiScope.Operator).AuditsChange("alert_rule.delete", "alert_rule", "rule_id").WithApi(
            "Delete a rule of any tenant", "Where it stood for a built-in rule, that one holds again.", status: StatusCodes.Status204NoContent);
    }

    [Answers<RulesView>]
    private static async Task<IResult> ListAsync(RouteId tenantId, RuleStore store, CancellationToken ct) => TypedResults.Ok(new RulesView(await store.ListAsync(tenantId.Value, ct), null));

    [Answers<RuleView>]
    private static async Task<IResult> ReplaceAsync(RouteId tenantId, AlertId ruleId, Body<RuleBody> body, Caller caller, RuleStore store, CancellationToken ct)
        => TypedResults.Ok(await store.ReplaceAsync(tenantId.Value, ruleId.Value, body.Value, caller.Subject, ct));

    private static async Task<IResult> DeleteAsync(RouteId tenantId, RouteId ruleId, RuleStore store, CancellationToken ct)
        => await store.DeleteAsync(tenantId.Value, ruleId.Value, ct) ? TypedResults.NoContent() : Problem.NotFound();
}
