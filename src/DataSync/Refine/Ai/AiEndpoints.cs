using System.Globalization;
using DataSync.Pipeline.Enriching;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Authentication;
using DataSync.Platform.Http.OpenApi;
using DataSync.Platform.Http.Requests;
using DataSync.Platform.Tenancy.Regions;
using DataSync.Refine.Ai.Answers;
using DataSync.Refine.Ai.Budget;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DataSync.Refine.Ai;

/// <summary>What the tenant has used of the model, and what it may use.</summary>
[ApiTag("AI", "What the tenant uses of the language model, and what it may use.")]
internal static class AiEndpoints
{
    private const string Example = """
        {"month":"2026-01","calls":1200,"input_tokens":410000,"output_tokens":96000,"cost":0.119,"token_limit":1000000,"cost_limit":null,
         "day":"2026-01-31","day_tokens":21000,"day_cost":0.005,"day_token_limit":50000,"day_cost_limit":null}
        """;

    public static void MapAi(this IEndpointRouteBuilder endpoints)
    {
        var ai = endpoints.MapApiGroup("/api/ai", "AI");
        ai.MapGet("/usage", UsageAsync).RequireScope(ApiScope.SyncRead).NotAudited("Sums are shown, and no record.").WithApi(
            "What the tenant has used of the language model this month and today",
            "Months and days are UTC's. A call is counted before it is made, by an estimate from above, and set right by its answer. The limits are the operator's, for this tenant or for all; null where there is none.",
            response: Example);
        ai.MapPut("/budget", SetAsync).RequireScope(ApiScope.Operator).AuditsChange("ai.budget", "tenant").WithApi(
            "Set what the token's tenant may use of the language model",
            "By month and by day, in tokens and in money; 0 is no limit. What is left out is as for all tenants. It holds from the next call on, on every machine.",
            """{"token_limit":1000000,"day_token_limit":50000}""", Example);
        var tenants = endpoints.MapGroupOfTenants("ai-budget", "AI");
        tenants.MapGet("", UsageOfAsync).WithName("getAiBudgetOfTenant").RequireScope(ApiScope.Operator).NotAudited("Sums are shown, and no record.").WithApi(
            "What any tenant has used of the language model, and what it may use", "As `GET /api/ai/usage` with a token of that tenant.", response: Example);
        tenants.MapPut("", SetOfAsync).WithName("putAiBudgetOfTenant").RequireScope(ApiScope.Operator).AuditsChange("ai.budget", "tenant", "tenant_id").WithApi(
            "Set what any tenant may use of the language model", "As `PUT /api/ai/budget` with a token of that tenant.", """{"token_limit":1000000,"day_token_limit":50000}""", Example);
    }

    [Answers<UsageView>]
    private static async Task<IResult> UsageAsync(Caller caller, AiModel model, CancellationToken ct) => TypedResults.Ok(await ViewAsync(caller.Tenant, model, ct));

    [Answers<UsageView>]
    private static async Task<IResult> UsageOfAsync(RouteId tenantId, AiModel model, CancellationToken ct) => TypedResults.Ok(await ViewAsync(tenantId.Value, model, ct));

    [Answers<UsageView>]
    private static async Task<IResult> SetAsync(Body<BudgetBody> body, Caller caller, AiModel model, CancellationToken ct) => TypedResults.Ok(await LimitAsync(caller.Tenant, body, caller, model, ct));

    [Answers<UsageView>]
    private static async Task<IResult> SetOfAsync(RouteId tenantId, Body<BudgetBody> body, Caller caller, AiModel model, CancellationToken ct) => TypedResults.Ok(await LimitAsync(tenantId.Value, body, caller, model, ct));

    private static async Task<UsageView> LimitAsync(string tenantId, Body<BudgetBody> body, Caller caller, AiModel model, CancellationToken ct)
    {
        // Without prices everything costs nothing: a limit in money would never be reached.
        if (model.Options.InputPrice + model.Options.OutputPrice == 0)
        {
            Fault[] faults = [.. Priced(body.Value)];
            if (faults.Length > 0) throw new SyncFailureException(SyncFailure.Permanent("errors.request.invalid")) { Faults = faults };
        }

        await model.Answers.SetBudgetAsync(tenantId, body.Value, caller.Subject, ct);
        return await ViewAsync(tenantId, model, ct);
    }

    private static IEnumerable<Fault> Priced(BudgetBody body)
    {
        if (body.CostLimit > 0) yield return new Fault("/cost_limit", "faults.ai.no_prices");
        if (body.DayCostLimit > 0) yield return new Fault("/day_cost_limit", "faults.ai.no_prices");
    }

    private static async Task<UsageView> ViewAsync(string tenantId, AiModel model, CancellationToken ct)
    {
        var (used, limits) = await model.Answers.UsageAsync(tenantId, ct);
        return UsageView.Of(used, limits);
    }

    /// <summary>A month's use, and a day's.</summary>
    internal sealed record UsageView(
        string Month, long Calls, long InputTokens, long OutputTokens, decimal Cost, long? TokenLimit, decimal? CostLimit,
        string Day, long DayTokens, decimal DayCost, long? DayTokenLimit, decimal? DayCostLimit)
    {
        public static UsageView Of(AiUsage used, ModelBudget limits) => new(
            used.Month.ToString("yyyy-MM", CultureInfo.InvariantCulture), used.Calls, used.InputTokens, used.OutputTokens, Money(used.CostMicros), Limit(limits.Tokens), Limit(limits.CostMicros) is { } cost ? Money(cost) : null,
            used.Day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), used.DayTokens, Money(used.DayCostMicros), Limit(limits.DayTokens), Limit(limits.DayCostMicros) is { } dayCost ? Money(dayCost) : null);

        private static decimal Money(long micros) => micros / 1_000_000m;

        private static long? Limit(long limit) => limit > 0 ? limit : null;
    }
}
