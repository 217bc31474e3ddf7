namespace DataSync.Benchmarks.Running;

/// <summary>What must come out.</summary>
/// <param name="Text">What is compared, for people.</param>
/// <param name="Bound">The figure to keep.</param>
/// <param name="Value">The measured figure; null where one of its parts was not measured.</param>
internal sealed record Target(string Text, double Bound, Func<CaseResults, double?> Value)
{
    /// <summary>True where the figure must not be below the bound; otherwise it must not be above.</summary>
    public bool AtLeast { get; init; }

    public string Unit { get; init; } = "×";

    public Verdict Judge(CaseResults results)
        => Value(results) is not { } value ? Verdict.NotMeasured : (AtLeast ? value >= Bound : value <= Bound) ? Verdict.Pass : Verdict.Fail;
}

internal enum Verdict
{
    Pass,
    Fail,
    NotMeasured,
}
