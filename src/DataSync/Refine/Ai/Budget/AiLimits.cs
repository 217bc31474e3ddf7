namespace DataSync.Refine.Ai.Budget;

/// <summary>What a tenant may use. 0 for no limit.</summary>
/// <param name="Tokens">In a calendar month (UTC).</param>
/// <param name="CostMicros">The same in millionths of the currency.</param>
/// <param name="DayTokens">In a day (UTC).</param>
/// <param name="DayCostMicros">The same in millionths.</param>
internal readonly record struct AiLimits(long Tokens, long CostMicros, long DayTokens, long DayCostMicros)
{
    /// <summary>Those of every tenant that has none of its own.</summary>
    public static AiLimits Of(AiOptions options) => new(options.TenantTokens, Micros(options.TenantBudget), options.TenantDayTokens, Micros(options.TenantDayBudget));

    /// <summary>Money as it is counted.</summary>
    public static long Micros(decimal amount) => (long)(amount * 1_000_000);
}
