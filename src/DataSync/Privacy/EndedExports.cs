namespace DataSync.Privacy;

/// <summary>Which ended jobs may have files.</summary>
internal static class EndedExports
{
    /// <summary>
    /// A condition on a row of <c>sync_jobs</c>: a job that completed names its files; one that ended early names none, whatever it left, until somebody has looked and taken them away. A retry lets it be looked at again.
    /// </summary>
    public const string MayBe = "CASE WHEN result IS NULL THEN status IN ('failed', 'cancelled') ELSE json_array_length(result -> 'exports') > 0 END";
}
