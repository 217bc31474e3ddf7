using DataSync.Faults.Books;

namespace DataSync.Faults;

/// <summary>What came of striking so often with one fault.</summary>
/// <param name="Fault">Its name.</param>
/// <param name="Times">How often it was to strike.</param>
/// <param name="Seed">What its choices came from.</param>
internal sealed record CampaignResult(string Fault, int Times, int Seed)
{
    /// <summary>Why it was not run on this machine; null where it was.</summary>
    public string? NotRun { get; init; }

    public int Struck { get; set; }

    /// <summary>Strikes that met what they were aimed at: a worker in the middle of a job, a COMMIT on its way.</summary>
    public int Hit { get; set; }

    /// <summary>Jobs acknowledged.</summary>
    public int Jobs { get; set; }

    /// <summary>How many of them were of each shape.</summary>
    public SortedDictionary<string, int> Shapes { get; } = new(StringComparer.Ordinal);

    public int Attempts { get; set; }

    /// <summary>Jobs that had ended as failed and were retried by their owner.</summary>
    public int Retried { get; set; }

    /// <summary>Requests sent again, for want of an answer.</summary>
    public int Repeated { get; set; }

    /// <summary>Rows compared.</summary>
    public long Rows { get; set; }

    public TimeSpan Took { get; set; }

    public List<Difference> Differences { get; } = [];

    public bool Passed => NotRun is null && Struck == Times && Differences.Count == 0;

    /// <summary>In a line, for people.</summary>
    public string Line => NotRun is { } reason
        ? $"NOT RUN  {Fault}: {reason}"
        : $"{(Passed ? "PASS" : "FAIL")}  {Struck} × {Fault}: {Hit} hit, {Jobs} jobs of {Shapes.Count} shapes in {Attempts} attempts, {Retried} retried, {Repeated} requests repeated, "
            + $"{Rows:N0} rows compared, ledger difference {Differences.Count} ({Took.TotalSeconds:0} s)";
}
