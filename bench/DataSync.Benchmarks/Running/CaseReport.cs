using System.Globalization;
using System.Text;

namespace DataSync.Benchmarks.Running;

/// <summary>A case's outcome as Markdown for people and as TSV for machines.</summary>
internal sealed class CaseReport(BenchmarkCase benchmark, CasePlan plan, CaseResults results, string environment)
{
    /// <summary>True where every target that was measured holds, and nothing of ours failed.</summary>
    public bool Passed => results.Failed.Count == 0 && plan.Targets.All(t => t.Judge(results) != Verdict.Fail);

    public string Markdown()
    {
        var text = new StringBuilder();
        Line(text, $"# {benchmark.Name}: {benchmark.Title}");
        Line(text, $"");
        Line(text, $"{results.Rows:N0} rows; {environment}");
        Line(text, $"");
        Line(text, $"| | runs | median s | min | max | rows/s | CPU client s | CPU server s | peak MB | × wall | × CPU |");
        Line(text, $"|---|---|---|---|---|---|---|---|---|---|---|");
        foreach (var contender in plan.Contenders.Concat(plan.Afterwards)) Line(text, $"{Row(contender)}");
        foreach (var figure in Figures()) Line(text, $"{figure}");
        Line(text, $"");
        foreach (var target in plan.Targets) Line(text, $"- {Sentence(target)}");
        foreach (var (name, missing) in results.Skipped) Line(text, $"- SKIPPED {name}: {missing}");
        foreach (var (name, why) in results.Failed) Line(text, $"- FAILED {name}: {why.ReplaceLineEndings(" ")}");
        return text.ToString();
    }

    public string Tsv()
    {
        var text = new StringBuilder("contender\trun\twall_s\tclient_cpu_s\tserver_cpu_s\tpeak_bytes\tfigures\n");
        foreach (var contender in plan.Contenders.Concat(plan.Afterwards))
        {
            foreach (var (i, run) in results.Of(contender.Name).Index())
            {
                var figures = string.Join(' ', run.Figures.Select(f => string.Create(CultureInfo.InvariantCulture, $"{f.Key}={f.Value:0.###}")));
                Line(text, $"{contender.Name}\t{i + 1}\t{run.Wall.TotalSeconds:0.##########}\t{run.ClientCpu.TotalSeconds:0.##########}\t{run.ServerCpu?.TotalSeconds:0.##########}\t{run.PeakBytes}\t{figures}");
            }
        }

        return text.ToString();
    }

    private string Row(Contender contender)
    {
        var name = contender.Name;
        var runs = results.Of(name);
        if (runs.Count == 0) return $"| {name} | 0 | | | | | | | | | |";
        var first = plan.Contenders[0].Name;
        var wall = results.Wall(name)!.Value;
        var server = results.Median(name, m => m.ServerCpu?.TotalSeconds);
        double? Cpu(string of) => results.Median(of, m => m.ServerCpu is { } s ? (m.ClientCpu + s).TotalSeconds : null);
        return string.Create(CultureInfo.InvariantCulture,
            $"| {name} | {runs.Count} | {wall:0.00} | {runs.Min(r => r.Wall.TotalSeconds):0.00} | {runs.Max(r => r.Wall.TotalSeconds):0.00} | {results.Rows * contender.RowFactor / wall:N0} | ")
            + string.Create(CultureInfo.InvariantCulture, $"{results.Median(name, m => m.ClientCpu.TotalSeconds):0.00} | {(server is null ? "?" : server.Value.ToString("0.00", CultureInfo.InvariantCulture))} | ")
            + string.Create(CultureInfo.InvariantCulture, $"{results.PeakMegabytes(name):0} | {wall / results.Wall(first):0.00} | {Cpu(name) / Cpu(first):0.00} |");
    }

    private IEnumerable<string> Figures()
    {
        foreach (var contender in plan.Contenders.Concat(plan.Afterwards))
        {
            foreach (var figure in results.Of(contender.Name).SelectMany(m => m.Figures.Keys).Distinct(StringComparer.Ordinal))
                yield return string.Create(CultureInfo.InvariantCulture, $"\n{contender.Name}: {figure} median {results.Median(contender.Name, m => m.Figures.TryGetValue(figure, out var v) ? v : null):0.###}");
        }
    }

    private string Sentence(Target target)
    {
        var verdict = target.Judge(results) switch { Verdict.Pass => "PASS", Verdict.Fail => "FAIL", _ => "NOT MEASURED" };
        var value = target.Value(results) is { } v ? v.ToString("0.00", CultureInfo.InvariantCulture) : "–";
        return string.Create(CultureInfo.InvariantCulture, $"{verdict} {target.Text}: {value} {target.Unit} (target {(target.AtLeast ? "≥" : "≤")} {target.Bound:0.##} {target.Unit})");
    }

    private static void Line(StringBuilder text, FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
