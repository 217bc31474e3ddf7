using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using DataSync.IntegrationTests.Host;
using DataSync.Tests;

namespace DataSync.IntegrationTests.Alerts;

/// <summary>What Prometheus' rules and Grafana's dashboard name is what an API and a worker really show.</summary>
[Collection(nameof(WholeSystem))]
public sealed partial class DashboardTests(EndToEndTests.System system)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_expression_names_metrics_that_the_host_exports()
    {
        var rules = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "deploy", "prometheus", "rules.yml"), Ct);
        var recorded = Record().Matches(rules).Select(m => m.Groups[1].Value).ToHashSet(StringComparer.Ordinal);
        var dashboard = JsonElement.Parse(await File.ReadAllTextAsync(Path.Combine(Repository.Root, "deploy", "grafana", "datasync.json"), Ct));
        var panels = dashboard.GetProperty("panels").EnumerateArray().SelectMany(p => p.GetProperty("targets").EnumerateArray().Select(t => t.GetProperty("expr").GetString()!)).ToList();
        Assert.True(panels.Count >= 16, $"only {panels.Count} expressions");
        var names = panels.SelectMany(e => Names().Matches(e)).Concat(Expressions(rules).SelectMany(e => Names().Matches(e))).Select(m => m.Value).ToHashSet(StringComparer.Ordinal);
        Assert.Contains("datasync_jobs_total", names);

        using var client = system.Running.Client("charted");
        using (var made = await client.PostAsync("api/sources", System.Net.Http.Json.JsonContent.Create(system.Running.Source("s", new { query = "SELECT id FROM things WHERE id <= 100" })), Ct)) Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        await client.EndAsync(await client.StartAsync(new { source_id = "s" }, Ct), Ct);
        List<string> missing = [];
        await RunningSystem.WaitAsync(() => "the metrics " + string.Join(", ", missing), async () =>
        {
            var shown = Shown().Matches(await system.MetricsAsync(Ct) + await client.GetStringAsync(new Uri("metrics", UriKind.Relative), Ct)).Select(m => m.Groups[1].Value).ToHashSet(StringComparer.Ordinal);
            missing = [.. names.Where(n => !recorded.Contains(n) && !shown.Contains(n))];
            return missing.Count == 0;
        }, Ct);
    }

    /// <summary>The expressions of the rules, without what is said about them.</summary>
    private static IEnumerable<string> Expressions(string rules)
        => Expression().Matches(rules).Select(m => m.Groups[1].Value);

    [GeneratedRegex(@"- record: (\S+)")]
    private static partial Regex Record();

    [GeneratedRegex(@"expr: (?:\|\n)?((?:.|\n(?=          ))+)")]
    private static partial Regex Expression();

    /// <summary>Names of metrics, and of what rules record; labels are not among them, since all of them are set apart by what follows.</summary>
    [GeneratedRegex(@"\b(?:datasync:[a-z0-9_:]+|datasync_[a-z0-9_]+|http_server_[a-z0-9_]+|dotnet_[a-z0-9_]+|db_client_connection_(?:count|max))\b(?!\s*[=!]~?"")")]
    private static partial Regex Names();

    [GeneratedRegex(@"(?m)^([a-z_][a-z0-9_]*)[{ ]")]
    private static partial Regex Shown();
}
