using DataSync.Refine.Ai.Answers;

namespace DataSync.Refine.Ai.Work;

/// <summary>What became of a record at the model.</summary>
/// <param name="Outcome">One of <see cref="Outcomes"/>.</param>
/// <param name="Result">The result that is kept with the record.</param>
internal sealed record RecordOutcome(string Outcome, ReadOnlyMemory<byte> Result)
{
    /// <summary>What was paid for it.</summary>
    public required Spent Spent { get; init; }

    /// <summary>The answer was there already.</summary>
    public bool IsCached { get; init; }
}

/// <summary>How a record can fare.</summary>
internal static class Outcomes
{
    public const string Completed = "completed";

    /// <summary>There are values, and the model is not sure of some.</summary>
    public const string LowConfidence = "low_confidence";

    /// <summary>There are none; the record is as it was.</summary>
    public const string Failed = "failed";

    /// <summary>The record has nothing to look at.</summary>
    public const string Empty = "empty";

    /// <summary>The tenant's budget did not reach.</summary>
    public const string OverBudget = "over_budget";
}
