using DataSync.Alerts.Conditions;
using DataSync.Alerts.Evaluation;
using DataSync.Alerts.Rules;
using DataSync.IntegrationTests.Alerts;
using DataSync.IntegrationTests.Jobs.Metrics;
using DataSync.IntegrationTests.Postgres;
using DataSync.Jobs;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace DataSync.IntegrationTests.Properties;

/// <summary>Alerts on a real database, with several machines that look at the same moment.</summary>
public sealed class AlertProperties(SystemDatabase database) : IClassFixture<SystemDatabase>
{
    private static readonly DateTimeOffset Begin = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private static int _days;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    // Feature: data-sync-pipeline, Property 22: For any sync error rate that exceeds the configured threshold within a time window, the system should trigger an alert via the
    // monitoring service exactly once per threshold breach.
    [Property(MaxTest = 100)]
    [Trait("Property", "22")]
    public Property Each_breach_of_the_error_rate_alerts_once_and_is_over_once_however_many_machines_look()
        => Prop.ForAll(
            (from percent in Gen.Elements(0, 10, 25, 50, 100)
             from window in Gen.Choose(1, 3)
             from least in Gen.Frequency((3, Gen.Constant(1)), (1, Gen.Constant(4)))
             from steps in (from failed in Gen.Choose(0, 3) from completed in Gen.Choose(0, 5) from cancelled in Gen.Choose(0, 1) select (failed, completed, cancelled)).ListOf()
             from machines in Gen.Choose(1, 3)
             from guarded in Gen.Elements(true, false)
             select (percent, window, least, steps: steps.Take(7).ToArray(), machines, guarded)).ToArbitrary(),
            async given =>
            {
                var (tenant, calm) = ($"loud {Guid.NewGuid():n}", $"calm {Guid.NewGuid():n}");
                var look = new AlertLook(database.Sources, [new ErrorRate()], new FailingConditions(new Meters(), NullLogger<FailingConditions>.Instance));
                var turn = new AlertTurn(database.Sources, look);
                await new RuleStore(new TestJobs(database).Tenants, [new ErrorRate()], TimeProvider.System)
                    .ReplaceAsync(tenant, "error_rate", new RuleBody("error_rate", given.percent / 100.0, given.window * 60, null, given.least, null, true), "me", Ct);
                await ExecuteAsync(
                    """
                    INSERT INTO alert_channels (tenant_id, channel_id, kind, host, target, events, enabled, version, created_by, created_at, updated_at)
                    VALUES ($1, 'both', 'webhook', 'h', '\x00', '{alert.opened,alert.over}', true, 1, '', now(), now()),
                           ($1, 'beginnings', 'webhook', 'h', '\x00', '{alert.opened}', true, 1, '', now(), now()),
                           ($1, 'off', 'webhook', 'h', '\x00', '{alert.opened,alert.over}', false, 1, '', now(), now())
                    """, tenant);

                // Each case has a day of its own, so that nobody's breach of before is one now; what ends later than a look is nothing to it.
                var begin = Begin.AddDays(Interlocked.Increment(ref _days));
                await EndedJobs.StoreAsync(database, tenant, [.. given.steps.Index().SelectMany(s => (EndedJob[])
                    [.. Ended(JobStatus.Failed, s.Index, s.Item.failed), .. Ended(JobStatus.Completed, s.Index, s.Item.completed), .. Ended(JobStatus.Cancelled, s.Index, s.Item.cancelled)])], begin, Ct);
                await EndedJobs.StoreAsync(database, calm, [.. Ended(JobStatus.Completed, 0, 1)], begin, Ct);
                List<(DateTimeOffset Opened, DateTimeOffset? Over)> expected = [];
                for (var i = 0; i < given.steps.Length; i++)
                {
                    var at = begin.AddMinutes(i);
                    await LookAsync(look, turn, given.machines, given.guarded, at);

                    // The window's end is in it, its beginning is not.
                    var counted = given.steps.Take(i + 1).TakeLast(given.window).ToList();
                    var (bad, all) = (counted.Sum(s => s.failed), counted.Sum(s => s.failed + s.completed));
                    var breached = all >= given.least && bad * 100 > given.percent * all;
                    if (breached && (expected.Count == 0 || expected[^1].Over is not null)) expected.Add((at, null));
                    else if (!breached && expected.Count > 0 && expected[^1].Over is null) expected[^1] = (expected[^1].Opened, at);
                }

                Assert.Equal(expected, await AlertsAsync(tenant));
                Assert.Empty(await AlertsAsync(calm));
                var told = await NoticesAsync(tenant);
                Assert.Equal(
                    new Dictionary<string, int>(StringComparer.Ordinal)
                    {
                        ["both alert.opened"] = expected.Count,
                        ["both alert.over"] = expected.Count(e => e.Over is not null),
                        ["beginnings alert.opened"] = expected.Count,
                    }.Where(e => e.Value > 0).OrderBy(e => e.Key, StringComparer.Ordinal),
                    told.GroupBy(t => t, StringComparer.Ordinal).Select(g => KeyValuePair.Create(g.Key, g.Count())).OrderBy(e => e.Key, StringComparer.Ordinal));
            });

    /// <summary>Machines look at the same moment: by turns, as they do, or, which the database alone then has to bear, all at once.</summary>
    private static async Task LookAsync(AlertLook look, AlertTurn turn, int machines, bool guarded, DateTimeOffset at)
    {
        if (guarded)
        {
            var turns = await Task.WhenAll(Enumerable.Range(0, machines).Select(_ => turn.TakeAsync(TimeSpan.Zero, Ct, at)));
            Assert.Contains(turns, t => t is not null);
            return;
        }

        await Task.WhenAll(Enumerable.Range(0, machines).Select(_ => look.LookAsync(at, Ct)));
    }

    private static IEnumerable<EndedJob> Ended(string status, int minute, int count)
        => Enumerable.Range(0, count).Select(_ => new EndedJob("s", status, -minute, 10, 1, 0, 1, 0, "errors.connection.refused", false));

    private async Task<List<(DateTimeOffset Opened, DateTimeOffset? Over)>> AlertsAsync(string tenant)
    {
        await using var command = database.Superuser.CreateCommand("SELECT opened_at, over_at FROM alerts WHERE tenant_id = $1 ORDER BY opened_at");
        command.Parameters.AddWithValue(tenant);
        await using var rows = await command.ExecuteReaderAsync(Ct);
        List<(DateTimeOffset, DateTimeOffset?)> alerts = [];
        while (await rows.ReadAsync(Ct)) alerts.Add((await rows.GetFieldValueAsync<DateTimeOffset>(0, Ct), await rows.IsDBNullAsync(1, Ct) ? null : await rows.GetFieldValueAsync<DateTimeOffset>(1, Ct)));
        return alerts;
    }

    private async Task<List<string>> NoticesAsync(string tenant)
    {
        await using var command = database.Superuser.CreateCommand("SELECT channel_id || ' ' || event FROM alert_notices WHERE tenant_id = $1");
        command.Parameters.AddWithValue(tenant);
        await using var rows = await command.ExecuteReaderAsync(Ct);
        List<string> notices = [];
        while (await rows.ReadAsync(Ct)) notices.Add(rows.GetString(0));
        return notices;
    }

    private async Task ExecuteAsync(string sql, params object[] values)
    {
        await using var command = database.Superuser.CreateCommand(sql);
        foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value });
        await command.ExecuteNonQueryAsync(Ct);
    }
}
