namespace DataSync.Benchmarks.Measuring;

/// <summary>What one run took.</summary>
internal sealed record Measurement
{
    public required TimeSpan Wall { get; init; }

    /// <summary>CPU time of the processes measured, their children included.</summary>
    public TimeSpan ClientCpu { get; init; }

    /// <summary>CPU time of the database server's backends meanwhile; null where they cannot be seen.</summary>
    public TimeSpan? ServerCpu { get; init; }

    /// <summary>Largest memory of one of the processes.</summary>
    public long PeakBytes { get; init; }

    /// <summary>What else the run measured, by name.</summary>
    public IReadOnlyDictionary<string, double> Figures { get; init; } = new Dictionary<string, double>(StringComparer.Ordinal);
}
