using DataSync.Benchmarks.Measuring;

namespace DataSync.Benchmarks.Running;

/// <summary>Every counted run of a case, and what kept others from running.</summary>
internal sealed class CaseResults(long rows)
{
    private readonly Dictionary<string, List<Measurement>> _runs = new(StringComparer.Ordinal);

    public long Rows { get; } = rows;

    /// <summary>Contenders that did not run, with why.</summary>
    public Dictionary<string, string> Skipped { get; } = new(StringComparer.Ordinal);

    /// <summary>Contenders that failed, with what they said.</summary>
    public Dictionary<string, string> Failed { get; } = new(StringComparer.Ordinal);

    public void Add(string contender, Measurement measurement)
    {
        if (!_runs.TryGetValue(contender, out var runs)) _runs[contender] = runs = [];
        runs.Add(measurement);
    }

    public IReadOnlyList<Measurement> Of(string contender)
        => !Failed.ContainsKey(contender) && _runs.TryGetValue(contender, out var runs) ? runs : [];

    /// <summary>The median of a figure over a contender's runs; null without any.</summary>
    public double? Median(string contender, Func<Measurement, double?> figure)
    {
        double[] values = [.. Of(contender).Select(figure).OfType<double>().Order()];
        return values.Length == 0 ? null : (values[(values.Length - 1) / 2] + values[values.Length / 2]) / 2;
    }

    public double? Wall(string contender) => Median(contender, m => m.Wall.TotalSeconds);

    /// <summary>CPU seconds of both sides; null where the server's cannot be seen.</summary>
    public double? Cpu(string contender) => Median(contender, m => m.ServerCpu is { } server ? (m.ClientCpu + server).TotalSeconds : null);

    /// <summary>How many times as long the one takes as the other.</summary>
    public double? WallRatio(string contender, string other) => Wall(contender) / Wall(other);

    public double? PeakMegabytes(string contender) => Of(contender) is { Count: > 0 } runs ? runs.Max(m => m.PeakBytes) / 1048576.0 : null;
}
