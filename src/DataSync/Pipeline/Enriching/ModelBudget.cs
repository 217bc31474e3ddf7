namespace DataSync.Pipeline.Enriching;

/// <summary>What one tenant may use of language models. 0 for no limit.</summary>
/// <param name="Tokens">Tokens in and out, in a calendar month (UTC).</param>
/// <param name="CostMicros">The same in millionths of the operator's currency.</param>
/// <param name="DayTokens">In a day (UTC).</param>
/// <param name="DayCostMicros">The same in millionths.</param>
internal sealed record ModelBudget(long Tokens, long CostMicros, long DayTokens, long DayCostMicros)
{
    /// <summary>Money as it is counted.</summary>
    public static long Micros(decimal amount) => (long)(amount * 1_000_000);
}
