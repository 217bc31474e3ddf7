using DataSync.Platform.Http.Json;
using DataSync.Platform.Http.Requests;

namespace DataSync.Refine.Ai.Budget;

/// <summary>Body of <c>PUT /api/ai/budget</c>: what is left out is as for all tenants, 0 is no limit.</summary>
internal sealed record BudgetBody(long? TokenLimit, decimal? CostLimit, long? DayTokenLimit, decimal? DayCostLimit) : IRequestBody<BudgetBody>
{
    private const long MostTokens = 1_000_000_000_000;
    private const decimal MostMoney = 1_000_000_000;

    public static BudgetBody Read(JsonObjectReader json) => new(
        json.OptionalLong("token_limit", 0, MostTokens), json.OptionalNumber("cost_limit", 0, MostMoney),
        json.OptionalLong("day_token_limit", 0, MostTokens), json.OptionalNumber("day_cost_limit", 0, MostMoney));
}
