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
    private static readonly string Rules = File.ReadAllText(Path.Combine(Repository.Root, "deploy", "prometheus", "rules.yml"));
    private static readonly string Dashboard = File.ReadAllText(Path.Combine(Repository.Root, "deploy", "grafana", "datasync.json"));

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_expression_names_metrics_that_the_host_exports()
    {
        var recorded = Record().Matches(Rules).Select(m => m.Groups[1].Value).ToHashSet(StringComparer.Ordinal);
        var panels = JsonElement.Parse(Dashboard).GetProperty("panels").EnumerateArray().SelectMany(p => p.GetProperty("targets").EnumerateArray().Select(t => t.GetProperty("expr").GetString()!)).ToList();
        Assert.True(panels.Count >= 16, $"only {panels.Count} expressions");
        var names = panels.SelectMany(e => Names().Matches(e)).Concat(Expressions(Rules).SelectMany(e => Names().Matches(e))).Select(m => m.Value).ToHashSet(StringComparer.Ordinal);
        Assert.Contains("datasync_jobs_total", names);

        await ShownAsync("charted", page =>
        {
            var shown = Shown().Matches(page).Select(m => m.Groups[1].Value).ToHashSet(StringComparer.Ordinal);
            return [.. names.Where(n => !recorded.Contains(n) && !shown.Contains(n))];
        });
    }

    [Fact]
    public async Task Every_label_and_value_that_is_selected_is_one_that_the_host_shows()
    {
        var page = await ShownAsync("selected", shown => SelectedLabels.Faults(Rules, Dashboard, shown));

        // What was misspelt selects nothing, and alerts of nothing.
        (string Written, string Misspelt)[] rules =
        [
            ("db_client_connection_state=\"used\"", "db_client_connection_state=\"busy\""), ("db_client_connection_pool_name=", "db_client_connection_pool="), ("pool_name=\"datasync\"", "pool_name=\"data-sync\""),
            ("le=\"900\"", "le=\"901\""), ("outcome=\"failed\"", "result=\"failed\""), ("outcome=\"failed\"", "outcome=\"Failed\""), ("outcome=~\"completed|failed\"", "outcome=~\"complete|failed\""),
            ("up{job=\"datasync\"}", "up{job=\"DataSync\"}"), ("by (condition)", "by (conditions)"), ("by (le)", "by (le, tenant)"), ("$labels.condition", "$labels.name"), ("{outcome=\"completed\"}", "{outcome='completed'}"),
        ];
        Assert.All(rules, planted => Assert.NotEmpty(SelectedLabels.Faults(Planted(Rules, planted), Dashboard, page)));
        (string Written, string Misspelt)[] panels = [("by (outcome)", "by (status)"), ("{{http_route}}", "{{route}}"), ("by (le, http_route)", "by (le, route)"), ("datasync:pool_used:ratio", "datasync:pool_used:ratio{pool=\\\"datasync\\\"}")];
        Assert.All(panels, planted => Assert.NotEmpty(SelectedLabels.Faults(Rules, Planted(Dashboard, planted), page)));
    }

    private static string Planted(string text, (string Written, string Misspelt) planted)
    {
        Assert.Contains(planted.Written, text, StringComparison.Ordinal);
        return text.Replace(planted.Written, planted.Misspelt, StringComparison.Ordinal);
    }

    /// <summary>The pages of a worker and an API that have done a sync, once nothing is missing on them.</summary>
    private async Task<string> ShownAsync(string tenant, Func<string, List<string>> missing)
    {
        using var client = system.Running.Client(tenant);
        await client.PostAsync("api/sources", system.Running.Source("s", new { query = "SELECT id FROM things WHERE id <= 100" }), HttpStatusCode.Created, Ct);
        await client.EndAsync(await client.StartAsync(new { source_id = "s" }, Ct), Ct);
        var (page, still) = ("", new List<string>());
        await RunningSystem.WaitAsync(() => "the metrics: " + string.Join(", ", still), async () =>
        {
            page = await system.MetricsAsync(Ct) + await client.GetStringAsync(new Uri("metrics", UriKind.Relative), Ct);
            still = missing(page);
            return still.Count == 0;
        }, Ct);
        return page;
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
