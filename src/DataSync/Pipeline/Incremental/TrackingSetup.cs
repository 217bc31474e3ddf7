namespace DataSync.Pipeline.Incremental;

/// <summary>How a customer has a table's changes recorded, and how far that is.</summary>
/// <param name="Method">One of <see cref="TrackingMethods"/>.</param>
/// <param name="Setup">SQL statements in the order they are run, without what is in place already or with words that make it safe to run again.</param>
/// <param name="Undo">Those that take it all away.</param>
/// <param name="Checks">What was looked at, in an order that makes sense to work through.</param>
/// <param name="LagBytes">As <see cref="ChangePlan.LagBytes"/>.</param>
/// <param name="Purge">What removes the recorded changes that no sync will ask for again; null where there is nothing that the customer would have to remove.</param>
internal sealed record TrackingSetup(
    string Method, IReadOnlyList<string> Setup, IReadOnlyList<string> Undo, IReadOnlyList<TrackingCheck> Checks, long? LagBytes = null, string? Purge = null)
{
    /// <summary>Nothing that is needed is missing.</summary>
    public bool IsAvailable => Checks.All(c => c.Passed || !c.IsNeeded);
}

/// <summary>One thing that following changes needs.</summary>
/// <param name="Name">What, in a word: <c>wal_level</c>, <c>publication</c> …</param>
/// <param name="Passed">It is there.</param>
/// <param name="Reason">What is missing; null where it passed.</param>
/// <param name="IsNeeded">Changes are not followed without it; else they are, at a price.</param>
internal sealed record TrackingCheck(string Name, bool Passed, TrackingReason? Reason = null, bool IsNeeded = true);
