namespace DataSync.Pipeline.Incremental;

/// <summary>What the check after an incremental sync found: is there anything in the source that is not in the store, and that no later sync reads? Its JSON form is part of a checkpoint and of the job.</summary>
/// <param name="Checked">False where nothing could be compared; <paramref name="Reason"/> says why.</param>
/// <param name="Missing">Records that were missing; where they are too many to be told apart, at least so many.</param>
/// <param name="Repaired">This sync delivered them after all.</param>
/// <param name="Against">What the source was compared with: one of <see cref="GapBasis"/>.</param>
/// <param name="Reason">Why nothing was compared, or not all with the store; null where there is nothing to say.</param>
internal sealed record GapReport(bool Checked, long Missing, bool Repaired, string Against = GapBasis.Store, TrackingReason? Reason = null)
{
    /// <summary>Something was missing.</summary>
    public bool Detected => Missing > 0;
}

/// <summary>What a source is compared with.</summary>
internal static class GapBasis
{
    /// <summary>The records that are stored, and those that were refused.</summary>
    public const string Store = "store";

    /// <summary>What was delivered, by keyed hashes: the mode stores nothing, or not everything.</summary>
    public const string Delivered = "delivered";

    /// <summary>The positions of the record of changes that was followed.</summary>
    public const string Log = "log";
}
