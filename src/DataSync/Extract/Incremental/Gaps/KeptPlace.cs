namespace DataSync.Extract.Incremental.Gaps;

/// <summary>Where the store keeps a record.</summary>
/// <param name="Job">Which of the check's jobs; below 0 where no place is known and the hash alone says that it was delivered.</param>
/// <param name="Seq">Its ordinal there.</param>
internal readonly record struct KeptPlace(int Job, long Seq)
{
    /// <summary>No place is known.</summary>
    public static readonly KeptPlace None = new(-1, -1);
}
