using System.Diagnostics.Metrics;
using DataSync.Alerts.Conditions;
using DataSync.Alerts.Evaluation;
using DataSync.IntegrationTests.Postgres;
using DataSync.IntegrationTests.Sources;
using DataSync.Platform.Persistence;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace DataSync.IntegrationTests.Alerts;

/// <summary>A condition that cannot be asked takes no other with it, and what is open by it stays as it is.</summary>
public sealed class FailingConditionTests : IClassFixture<SystemDatabase>, IDisposable
{
    private readonly SystemDatabase _database;
    private readonly CollectedLogs _logs = new();
    private readonly ILoggerFactory _factory;
    private readonly Meters _meters = new();
    private readonly FailingConditions _failing;
    private readonly string _tenant = $"t {Guid.NewGuid():n}";

    public FailingConditionTests(SystemDatabase database)
    {
        _database = database;
        _factory = LoggerFactory.Create(b => b.AddProvider(_logs));
        _failing = new FailingConditions(_meters, new Logger<FailingConditions>(_factory));
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("1 / (CASE WHEN true THEN 0 ELSE 1 END)", "22012")]
    [InlineData("(SELECT 1 FROM pg_sleep(600))", "57014")]
    [InlineData("(SELECT 1 WHERE pg_terminate_backend(pg_backend_pid(), 10000))", "57P01")]
    public async Task Look_whose_condition_fails_is_slow_or_loses_its_session_opens_the_alerts_of_those_before_and_behind_it(string broken, string state)
        => await AssertAloneAsync(_database.Sources, broken, $"Error 1912 Looking for alerts of b failed ({state});");

    [Theory]
    [InlineData(true, "")]
    [InlineData(false, "TimeoutException);")]
    public async Task Look_whose_line_breaks_or_goes_silent_at_a_condition_opens_the_alerts_of_those_before_and_behind_it(bool breaks, string reason)
    {
        var direct = new NpgsqlConnectionStringBuilder(_database.Options.SystemConnection);
        await using var line = new MarkedLine(direct.Port, breaks);
        var through = new NpgsqlConnectionStringBuilder(direct.ConnectionString) { Host = "127.0.0.1", Port = line.Port, SslMode = SslMode.Disable };
        await using var sources = new DataSources(_database.Options with { SystemConnection = through.ConnectionString });
        await AssertAloneAsync(sources, $"1 /* {MarkedLine.Mark} */", "Error 1912 Looking for alerts of b failed (" + reason);
    }

    [Fact]
    public async Task Condition_that_goes_on_failing_is_said_once_counted_each_time_and_said_to_be_over_once()
    {
        var counted = 0L;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, _meters) && instrument.Name == "datasync.alerts.condition_failures") l.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) => counted += tags[0].Value is "b" ? value : 0);
        listener.Start();
        foreach (var value in (string[])["1", "1 / (CASE WHEN true THEN 0 ELSE 1 END)", "1 / (CASE WHEN true THEN 0 ELSE 1 END)", "'x'::text", "'x'::text", "1", "1"]) await LookAsync(_database.Sources, value);
        Assert.Equal(
            ["Error 1912 Looking for alerts of b failed (22012)", "Error 1912 Looking for alerts of b failed (22P02)", "Information 1913 Alerts of b are looked for again"],
            _logs.Lines.Select(l => l.Split(';')[0].Split(" [")[0]).Where(l => l.Contains(" 191", StringComparison.Ordinal)));
        Assert.Equal(4, counted);
    }

    public void Dispose()
    {
        _factory.Dispose();
        _logs.Dispose();
    }

    private async Task AssertAloneAsync(DataSources sources, string broken, string said)
    {
        await LookAsync(sources, "1");
        Assert.Equal(["a open", "b open", "c open"], await AlertsAsync());
        await LookAsync(sources, broken, over: true);
        Assert.Equal(["a over", "b open", "c over"], await AlertsAsync());
        Assert.Contains(said, _logs.All, StringComparison.Ordinal);
        await LookAsync(sources, "1");
        Assert.Equal(["a open", "a over", "b open", "c open", "c over"], await AlertsAsync());
    }

    /// <summary>Takes a turn, with one condition between two that are well.</summary>
    private async Task LookAsync(DataSources sources, string value, bool over = false)
    {
        var look = new AlertLook(sources, [new Told(_tenant, "a", "1", over), new Told(_tenant, "b", value, false), new Told(_tenant, "c", "1", over)], _failing)
        {
            Patience = TimeSpan.FromSeconds(1),
            Grace = TimeSpan.FromSeconds(1),
        };
        Assert.NotNull(await new AlertTurn(sources, look).TakeAsync(TimeSpan.Zero, Ct));
    }

    private async Task<List<string>> AlertsAsync()
    {
        await using var command = _database.Superuser.CreateCommand("SELECT condition || CASE WHEN over_at IS NULL THEN ' open' ELSE ' over' END FROM alerts WHERE tenant_id = $1 ORDER BY 1");
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
