namespace DataSync.Benchmarks.Cases.Engine;

/// <summary>How many jobs a second a process ends once it runs. The first third is left out: there a process is still being compiled.</summary>
internal static class JobRate
{
    /// <summary>Jobs a second.</summary>
    /// <param name="ends">When each job ended, in seconds, in order.</param>
    public static double Of(IReadOnlyList<double> ends)
    {
        var first = ends.Count / 3;
        return (ends.Count - 1 - first) / (ends[^1] - ends[first]);
    }
}
