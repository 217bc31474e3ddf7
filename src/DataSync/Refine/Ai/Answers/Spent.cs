namespace DataSync.Refine.Ai.Answers;

/// <summary>What was paid for: calls and tokens.</summary>
/// <param name="Calls">Calls that were paid for, or may have been.</param>
/// <param name="Reasks">Those among them because an answer was not valid.</param>
/// <param name="Input">Tokens sent.</param>
/// <param name="Output">Tokens made.</param>
/// <param name="Estimated">Calls among them whose tokens are our estimate, because the provider told none or the call failed.</param>
internal readonly record struct Spent(int Calls, int Reasks, long Input, long Output, int Estimated)
{
    /// <summary>Of two counts of the same record the later one, which holds the other.</summary>
    public static Spent Later(Spent a, Spent b) => a.Calls > b.Calls ? a : b;

    public static Spent operator +(Spent a, Spent b) => new(a.Calls + b.Calls, a.Reasks + b.Reasks, a.Input + b.Input, a.Output + b.Output, a.Estimated + b.Estimated);
}
