using DataSync.Alerts.Conditions;
using DataSync.Alerts.Evaluation;
using DataSync.IntegrationTests.Postgres;
using DataSync.IntegrationTests.Sources;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace DataSync.IntegrationTests.Alerts;

/// <summary>A condition that cannot be asked takes no other with it, and what is open by it stays as it is.</summary>
public sealed class FailingConditionTests(SystemDatabase database) : IClassFixture<SystemDatabase>, IDisposable
{
    private readonly CollectedLogs _logs = new();
    private readonly string _tenant = $"t {Guid.NewGuid():n}";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("1 / (CASE WHEN true THEN 0 ELSE 1 END)", "22012")]
    [InlineData("(SELECT 1 FROM pg_sleep(600))", "57014")]
    public async Task Look_whose_condition_fails_or_is_slow_opens_the_alerts_of_those_before_and_behind_it(string broken, string state)
    {
        await LookAsync("1");
        Assert.Equal(["a open", "b open", "c open"], await AlertsAsync());
        await LookAsync(broken, over: true);
        Assert.Equal(["a over", "b open", "c over"], await AlertsAsync());
        Assert.Contains($"Error 1912 Looking for alerts of b failed ({state});", _logs.All, StringComparison.Ordinal);
        await LookAsync("1");
        Assert.Equal(["a open", "a over", "b open", "c open", "c over"], await AlertsAsync());
    }

    public void Dispose() => _logs.Dispose();

    /// <summary>Takes a turn, with one condition between two that are well.</summary>
    private async Task LookAsync(string value, bool over = false)
    {
        using var factory = LoggerFactory.Create(b => b.AddProvider(_logs));
        var look = new AlertLook([new Told(_tenant, "a", "1", over), new Told(_tenant, "b", value, false), new Told(_tenant, "c", "1", over)], new Logger<AlertLook>(factory)) { Patience = TimeSpan.FromSeconds(1) };
        Assert.NotNull(await new AlertTurn(database.Sources, look).TakeAsync(TimeSpan.Zero, Ct));
    }

    private async Task<List<string>> AlertsAsync()
    {
        await using var command = database.Superuser.CreateCommand("SELECT condition || CASE WHEN over_at IS NULL THEN ' open' ELSE ' over' END FROM alerts WHERE tenant_id = $1 ORDER BY 1");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = _tenant });
        await using var rows = await command.ExecuteReaderAsync(Ct);
        List<string> alerts = [];
        while (await rows.ReadAsync(Ct)) alerts.Add(rows.GetString(0));
        return alerts;
    }

    /// <summary>Wrong with one tenant until it is told that this is over.</summary>
    private sealed class Told(string tenant, string name, string value, bool over) : IAlertCondition
    {
        public string Name => name;

        public RuleShape? Shape => null;

        public string Tenants => $"SELECT '{tenant}'";

        public string Breaches => $"SELECT r.tenant_id, r.rule_id, '' AS subject, {value}::double precision AS value, 0.0::double precision AS threshold, r.window_seconds, r.channels FROM rules r WHERE NOT {over}";
    }
}
