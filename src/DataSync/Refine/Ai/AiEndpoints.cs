using DataSync.Platform.Authentication;
using DataSync.Platform.Http.OpenApi;
using DataSync.Platform.Http.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DataSync.Refine.Ai;

/// <summary>What the tenant has used of the model.</summary>
internal static class AiEndpoints
{
    private const string Example = """
        {"month":"2026-01","calls":1200,"input_tokens":410000,"output_tokens":96000,"cost":0.119,"token_limit":1000000,"cost_limit":null}
        """;

    public static void MapAi(this IEndpointRouteBuilder endpoints)
        => endpoints.MapApiGroup("/api/ai", "AI").MapGet("/usage", UsageAsync).RequireScope(ApiScope.SyncRead).WithApi(
            "What the tenant has used of the language model this month",
            "Calendar months are UTC's. A call is counted before it is made, by an estimate from above, and set right by its answer. `token_limit` and `cost_limit` are the operator's, null where there is none.",
            response: Example);

    private static async Task<IResult> UsageAsync(Caller caller, AiModel model, CancellationToken ct)
    {
        var (used, options) = (await model.Answers.UsageAsync(caller.Tenant, ct), model.Options);
        return TypedResults.Ok(new UsageView(
            used.Month.ToString("yyyy-MM", System.Globalization.CultureInfo.InvariantCulture), used.Calls, used.InputTokens, used.OutputTokens, used.CostMicros / 1_000_000m,
            options.TenantTokens > 0 ? options.TenantTokens : null, options.TenantBudget > 0 ? options.TenantBudget : null));
    }

    /// <summary>A month's use.</summary>
    internal sealed record UsageView(string Month, long Calls, long InputTokens, long OutputTokens, decimal Cost, long? TokenLimit, decimal? CostLimit);
}
