using System.Text.Json;
using System.Text.RegularExpressions;

namespace DataSync.IntegrationTests.Alerts;

/// <summary>
/// What Prometheus' rules and Grafana's dashboard select and group by, held against the series that there really are: a label or a value that no series has selects nothing, and an alert on nothing is silent.
/// </summary>
internal sealed partial class SelectedLabels
{
    /// <summary>What Prometheus adds to each series by itself; docs/alerts.md says what its job is called.</summary>
    private static readonly string[] Added = ["job", "instance"];

    private readonly Dictionary<string, Dictionary<string, HashSet<string>>> _series = new(StringComparer.Ordinal) { ["up"] = new(StringComparer.Ordinal) };
    private readonly Dictionary<string, string> _recorded = new(StringComparer.Ordinal);

    /// <summary>Reads what the pages hold.</summary>
    /// <param name="shown">Pages of metrics.</param>
    private SelectedLabels(string shown)
    {
        foreach (Match line in Series().Matches(shown))
        {
            if (!_series.TryGetValue(line.Groups["name"].Value, out var labels)) _series[line.Groups["name"].Value] = labels = new(StringComparer.Ordinal);
            foreach (Match label in Matcher().Matches(line.Groups["labels"].Value))
            {
                if (!labels.TryGetValue(label.Groups["label"].Value, out var values)) labels[label.Groups["label"].Value] = values = new(StringComparer.Ordinal);
                values.Add(label.Groups["value"].Value);
            }
        }
    }

    /// <summary>Each label, and each value, that no series has; and what is written so that it cannot be told.</summary>
    public static List<string> Faults(string rules, string dashboard, string shown)
    {
        var labels = new SelectedLabels(shown);
        var blocks = Block().Split(rules).Skip(1).Select(block => (Text: block, Expression: Expression().Match(block).Groups[1].Value)).ToList();
        foreach (var (text, expression) in blocks.Where(b => b.Text.StartsWith("record: ", StringComparison.Ordinal))) labels._recorded[text["record: ".Length..text.IndexOf('\n', StringComparison.Ordinal)]] = expression;
        var targets = JsonElement.Parse(dashboard).GetProperty("panels").EnumerateArray().SelectMany(p => p.GetProperty("targets").EnumerateArray())
            .Select(t => (Text: t.GetProperty("legendFormat").GetString()!, Expression: t.GetProperty("expr").GetString()!)).ToList();
        return
        [
            .. blocks.Concat(targets).SelectMany(b => labels.Of(b.Expression)),
            .. blocks.SelectMany(b => labels.Named(b.Expression, Annotated().Matches(b.Text))),
            .. targets.SelectMany(t => labels.Named(t.Expression, Legend().Matches(t.Text))),
        ];
    }

    private IEnumerable<string> Of(string expression) => Selected(expression).Concat(Grouped(expression));

    private IEnumerable<string> Selected(string expression)
    {
        foreach (Match selector in Selector().Matches(expression))
        {
            var (metric, matchers) = (selector.Groups["name"].Value, selector.Groups["labels"].Value);
            if (Matcher().Replace(matchers, "").Trim(',', ' ').Length > 0) yield return $"{selector.Value} is not understood";
            foreach (Match matcher in Matcher().Matches(matchers))
            {
                var (label, value) = (matcher.Groups["label"].Value, matcher.Groups["value"].Value);
                if (!LabelsOf(metric).Contains(label)) yield return $"{metric} has no label {label}";
                else if (ValuesOf(metric, label) is { } values)
                {
                    // A pattern that is more than a list of values says nothing of any one.
                    string[] wanted = !matcher.Groups["operator"].Value.Contains('~', StringComparison.Ordinal) ? [value] : Pattern().IsMatch(value) ? [] : value.Split('|');
                    foreach (var lacking in wanted.Except(values)) yield return $"no {metric} has {label}=\"{lacking}\"";
                }
            }
        }
    }

    private IEnumerable<string> Grouped(string expression)
    {
        foreach (Match other in OtherGrouping().Matches(expression)) yield return $"{other.Value} is not understood";
        foreach (Match grouping in Grouping().Matches(expression))
        {
            var metrics = MetricsIn(grouping.Groups["of"].Value);
            if (metrics.Count == 0) yield return $"{grouping.Value} is not understood";
            foreach (var label in Names(grouping))
            {
                foreach (var metric in metrics.Where(m => !LabelsOf(m).Contains(label))) yield return $"{metric} has no label {label}";
            }
        }
    }

    /// <summary>Labels that are shown of what an expression gives.</summary>
    private IEnumerable<string> Named(string expression, MatchCollection shown)
        => shown.Select(m => m.Groups[1].Value).Except(ResultOf(expression)).Select(label => $"{expression} gives no label {label}");

    private HashSet<string> LabelsOf(string metric) => _recorded.TryGetValue(metric, out var expression) ? ResultOf(expression)
        : [.. _series.GetValueOrDefault(metric)?.Keys.Concat(Added) ?? []];

    /// <summary>The values of a label; null where any may come.</summary>
    private HashSet<string>? ValuesOf(string metric, string label) => label switch
    {
        "job" => ["datasync"],
        "instance" => null,
        _ when _recorded.TryGetValue(metric, out var expression) => [.. MetricsIn(expression).SelectMany(m => ValuesOf(m, label) ?? [])],
        _ => _series.GetValueOrDefault(metric)?.GetValueOrDefault(label) ?? [],
    };

    /// <summary>The labels of an expression's series: those it groups by, or all where it adds nothing up.</summary>
    private HashSet<string> ResultOf(string expression)
    {
        if (!Aggregation().IsMatch(expression)) return [.. MetricsIn(expression).SelectMany(LabelsOf)];
        var kept = Grouping().Matches(expression).SelectMany(Names).ToHashSet(StringComparer.Ordinal);
        if (expression.Contains("histogram_quantile", StringComparison.Ordinal)) kept.Remove("le");
        return kept;
    }

    private List<string> MetricsIn(string expression) => [.. Word().Matches(expression).Select(m => m.Value).Where(w => _series.ContainsKey(w) || _recorded.ContainsKey(w)).Distinct(StringComparer.Ordinal)];

    private static IEnumerable<string> Names(Match grouping) => grouping.Groups["labels"].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    [GeneratedRegex(@"(?m)^(?<name>[a-z_][a-z0-9_]*)(\{(?<labels>.*)\})? ", RegexOptions.ExplicitCapture)]
    private static partial Regex Series();

    [GeneratedRegex(@"(?<label>[a-zA-Z_][a-zA-Z0-9_]*)\s*(?<operator>=~|!~|!=|=)\s*""(?<value>([^""\\]|\\.)*)""", RegexOptions.ExplicitCapture)]
    private static partial Regex Matcher();

    [GeneratedRegex(@"(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)\s*\{(?<labels>([^}""]|""([^""\\]|\\.)*"")*)\}", RegexOptions.ExplicitCapture)]
    private static partial Regex Selector();

    [GeneratedRegex(@"\bby\s*\((?<labels>[^)]*)\)\s*\((?<of>((?<open>\()|(?<-open>\))|[^()])*(?(open)(?!)))\)", RegexOptions.ExplicitCapture)]
    private static partial Regex Grouping();

    [GeneratedRegex(@"\b(without|on|ignoring|group_left|group_right)\b|\bby\s*\([^)]*\)\s*(?!\s*\()", RegexOptions.ExplicitCapture)]
    private static partial Regex OtherGrouping();

    [GeneratedRegex(@"\b(sum|min|max|avg|count|topk|bottomk|quantile|stddev|group)\b", RegexOptions.ExplicitCapture)]
    private static partial Regex Aggregation();

    [GeneratedRegex(@"[\\.*+?()\[\]{}^$]")]
    private static partial Regex Pattern();

    [GeneratedRegex("[a-zA-Z_:][a-zA-Z0-9_:]*")]
    private static partial Regex Word();

    [GeneratedRegex(@"\n      - (?=record: |alert: )")]
    private static partial Regex Block();

    [GeneratedRegex(@"expr: (?:\|\n)?((?:.|\n(?=          ))+)")]
    private static partial Regex Expression();

    [GeneratedRegex(@"\$labels\.(\w+)")]
    private static partial Regex Annotated();

    [GeneratedRegex(@"\{\{\s*(\w+)\s*\}\}")]
    private static partial Regex Legend();
}
