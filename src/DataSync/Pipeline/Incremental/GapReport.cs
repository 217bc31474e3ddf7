namespace DataSync.Pipeline.Incremental;

/// <summary>What the check after an incremental sync found: is there anything in the source that no sync delivered and none will? Its JSON form is part of a checkpoint and of the job.</summary>
/// <param name="Checked">False where the source could not be asked again.</param>
/// <param name="Missing">Records that were missing; where they are too many to be told apart, at least so many.</param>
/// <param name="Repaired">This sync delivered them after all.</param>
internal sealed record GapReport(bool Checked, long Missing, bool Repaired)
{
    /// <summary>Something was missing.</summary>
    public bool Detected => Missing > 0;
}
