using DataSync.Alerts;
using DataSync.Alerts.Conditions;
using DataSync.Alerts.Evaluation;
using DataSync.Alerts.Measured;
using DataSync.Alerts.Rules;
using DataSync.IntegrationTests.Jobs.Metrics;
using DataSync.IntegrationTests.Postgres;
using DataSync.Jobs;
using DataSync.Pipeline;
using DataSync.Pipeline.Enriching;
using DataSync.Platform.Monitoring;
using DataSync.Platform.Tenancy;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace DataSync.IntegrationTests.Alerts;

/// <summary>Every condition on a real database: when it is a breach, what it is about, and when it is over.</summary>
public sealed class ConditionTests(SystemDatabase database) : IClassFixture<SystemDatabase>
{
    private readonly AlertLook _look = new(
        database.Sources,
        [new ErrorRate(), new Duration(), new StaleSource(), new WebhookFailures(), new Budget(new ModelBudget(1000, 0, 0, 0)), new MemoryCondition(), new SlotLag()],
        new FailingConditions(new Meters(), NullLogger<FailingConditions>.Instance));
    private readonly string _tenant = $"t {Guid.NewGuid():n}";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    [Fact]
    public async Task Job_that_runs_for_too_long_alerts_once_and_is_over_when_it_has_ended()
    {
        var run = await new TestJobs(database).RunningAsync(_tenant, "slow", new SyncPlan(), Ct);
        Assert.Equal([], await LookAsync(Now.AddMinutes(14)));
        Assert.Equal([$"duration {run.JobId} open"], await LookAsync(Now.AddMinutes(16)));
        Assert.Equal([$"duration {run.JobId} open"], await LookAsync(Now.AddMinutes(17)));
        await ExecuteAsync("UPDATE sync_jobs SET status = 'completed', completed_at = now() + interval '18 minutes', running_ms = 1080000 WHERE tenant_id = $1", _tenant);
        Assert.Equal([$"duration {run.JobId} open"], await LookAsync(Now.AddMinutes(18.5)));
        Assert.Equal([$"duration {run.JobId} over"], await LookAsync(Now.AddMinutes(20)));
    }

    [Fact]
    public async Task Long_job_that_ended_between_two_looks_alerts_and_a_short_one_does_not()
    {
        var ids = await EndedJobs.StoreAsync(database, _tenant, [new EndedJob("s", JobStatus.Completed, 0, 20 * 60_000, 1, 0, 1, 0, "", false), new EndedJob("s", JobStatus.Completed, 0, 60_000, 1, 0, 1, 0, "", false)], Now, Ct);
        await ExecuteAsync("UPDATE sync_job_endings SET running_ms = duration_ms WHERE tenant_id = $1", _tenant);
        Assert.Equal([$"duration {ids[0]} open"], await LookAsync(Now.AddSeconds(10)));
        Assert.Equal([$"duration {ids[0]} over"], await LookAsync(Now.AddSeconds(90)));
    }

    [Theory]
    [InlineData("0 0 * * *", 3, 24, null, true)] // daily, never completed in three days
    [InlineData("0 0 * * *", 3, 24, 1, false)] // an hour ago
    [InlineData("0 0 * * *", 3, 24, 47, false)] // one was missed
    [InlineData("0 0 * * *", 3, 24, 49, true)] // two were
    [InlineData("0 0 * * 0", 20, 168, 150, false)] // weekly, last week
    [InlineData("0 * * * *", 3, 1, 25, true)] // hourly, a day ago
    [InlineData(null, 3, 0, 30, true)] // continuous, and its runs fail
    public async Task Source_is_stale_once_its_plan_was_missed_for_long_enough(string? cron, int daysOld, int periodHours, int? completedHoursAgo, bool isStale)
    {
        await ExecuteAsync(
            """
            INSERT INTO data_source_configs (tenant_id, id, source_id, source_name, source_type, connection_params, extraction_params, sync, is_active, created_at, updated_at, created_by, version)
            VALUES ($1, gen_random_uuid(), 'orders', 's', 'database', '{}', '{}', '{}', true, now(), now(), '', 1)
            """, _tenant);
        await ExecuteAsync(
            """
            INSERT INTO sync_schedules (tenant_id, source_id, cron, time_zone, next_run_at, last_run_at, settled, idle_runs, failed_runs, created_by, created_at, updated_at)
            VALUES ($1, 'orders', $2::text, CASE WHEN $2::text IS NOT NULL THEN 'UTC' END, now() + $3 * interval '30 minutes', now() - $3 * interval '30 minutes', true, 0, 1, '', now() - $4 * interval '1 day', now())
            """, _tenant, (object?)cron ?? DBNull.Value, periodHours, daysOld);
        if (completedHoursAgo is { } hours) await EndedJobs.StoreAsync(database, _tenant, [new EndedJob("orders", JobStatus.Completed, hours * 60, 10, 1, 0, 1, 0, "", false)], Now, Ct);
        Assert.Equal(isStale ? ["stale_source orders open"] : [], await LookAsync(Now));
        if (!isStale) return;
        await EndedJobs.StoreAsync(database, _tenant, [new EndedJob("orders", JobStatus.Completed, 0, 10, 1, 0, 1, 0, "", false)], Now, Ct);
        Assert.Equal(["stale_source orders over"], await LookAsync(Now.AddSeconds(1)));
    }

    [Fact]
    public async Task Slot_that_holds_too_much_of_its_servers_log_alerts_until_it_is_seen_with_less()
    {
        await ExecuteAsync(
            """
            INSERT INTO data_source_configs (tenant_id, id, source_id, source_name, source_type, connection_params, extraction_params, sync, is_active, created_at, updated_at, created_by, version)
            VALUES ($1, gen_random_uuid(), 'orders', 's', 'database', '{}', '{}', '{}', true, now(), now(), '', 1)
            """, _tenant);
        await ExecuteAsync("INSERT INTO source_slots (tenant_id, source_id) VALUES ($1, 'orders')", _tenant);
        Assert.Equal([], await LookAsync(Now));
        await ExecuteAsync("UPDATE source_slots SET lag_bytes = 1073741824, looked_at = now() WHERE tenant_id = $1", _tenant);
        Assert.Equal([], await LookAsync(Now));
        await ExecuteAsync("UPDATE source_slots SET lag_bytes = 1073741825 WHERE tenant_id = $1", _tenant);
        Assert.Equal(["slot_lag orders open"], await LookAsync(Now));
        await ExecuteAsync("UPDATE source_slots SET lag_bytes = 7 WHERE tenant_id = $1", _tenant);
        Assert.Equal(["slot_lag orders over"], await LookAsync(Now.AddSeconds(1)));
    }

    [Fact]
    public async Task Webhooks_alert_where_too_many_deliveries_come_to_nothing()
    {
        await DeliverAsync(failed: 1, taken: 9);
        Assert.Equal([], await LookAsync(Now));
        await DeliverAsync(failed: 1, taken: 0);
        Assert.Equal(["webhook_failures  open"], await LookAsync(Now));
        Assert.Equal(["webhook_failures  over"], await LookAsync(Now.AddMinutes(6)));
    }

    [Fact]
    public async Task Webhooks_alert_when_the_job_of_deliveries_that_came_long_ago_fails()
    {
        var jobs = await EndedJobs.StoreAsync(database, _tenant, [Ended(JobStatus.Failed), Ended(JobStatus.Completed)], Now, Ct);
        await ExecuteAsync(
            """
            INSERT INTO webhook_deliveries (tenant_id, delivery_id, source_id, received_at, bytes, replays, job_id)
            SELECT $1, gen_random_uuid(), 'hook', now() - interval '3 hours', 1, 0, CASE WHEN i <= 2 THEN $2::uuid ELSE $3::uuid END FROM generate_series(1, 10) i
            """, _tenant, jobs[0], jobs[1]);
        Assert.Equal(["error_rate  open", "webhook_failures  open"], await LookAsync(Now));
        Assert.Equal(0.2, await ScalarAsync("SELECT value FROM alerts WHERE tenant_id = $1 AND condition = 'webhook_failures'", _tenant));
        Assert.Equal(["error_rate  over", "webhook_failures  over"], await LookAsync(Now.AddMinutes(6)));
    }

    [Fact]
    public async Task Budget_alerts_once_a_month_and_once_a_day_by_the_tenants_own_limits_where_it_has_some()
    {
        var now = Now;
        await ExecuteAsync(
            """
            INSERT INTO ai_usage (tenant_id, month, calls, input_tokens, output_tokens, cost_micros, day, day_tokens, day_cost_micros)
            VALUES ($1, date_trunc('month', $2::date)::date, 1, 700, 100, 0, $2::date, 90, 0)
            """, _tenant, DateOnly.FromDateTime(now.UtcDateTime));
        Assert.Equal([], await LookAsync(now));
        await ExecuteAsync("UPDATE ai_usage SET input_tokens = 701 WHERE tenant_id = $1", _tenant);
        var month = $"budget {now.UtcDateTime:yyyy-MM}";
        Assert.Equal([$"{month} open"], await LookAsync(now));
        Assert.Equal([$"{month} open"], await LookAsync(now));
        await ExecuteAsync("INSERT INTO ai_budgets (tenant_id, token_limit, updated_by) VALUES ($1, 0, '')", _tenant);
        Assert.Equal([$"{month} over"], await LookAsync(now));
        await ExecuteAsync("UPDATE ai_budgets SET day_token_limit = 100 WHERE tenant_id = $1", _tenant);
        Assert.Equal([$"{month} over", $"{month}-{now.UtcDateTime:dd} open"], await LookAsync(now.AddTicks(10)));
        await ExecuteAsync("UPDATE ai_usage SET day = day - 1 WHERE tenant_id = $1", _tenant);
        Assert.Equal([$"{month} over", $"{month}-{now.UtcDateTime:dd} over"], await LookAsync(now.AddTicks(20)));
    }

    [Fact]
    public async Task Rule_of_the_tenants_own_takes_the_built_in_ones_place_and_ends_what_it_does_not_see()
    {
        await EndedJobs.StoreAsync(database, _tenant, [Ended(JobStatus.Failed), Ended(JobStatus.Completed)], Now, Ct);
        Assert.Equal(["error_rate  open"], await LookAsync(Now));
        var rules = Rules();
        await rules.ReplaceAsync(_tenant, "error_rate", new RuleBody("error_rate", 0.5, 300, null, 1, null, true), "me", Ct);
        Assert.Equal(["error_rate  over"], await LookAsync(Now));
        await rules.ReplaceAsync(_tenant, "mine", new RuleBody("error_rate", 0.4, 300, "s", 2, null, true), "me", Ct);
        Assert.Equal(["error_rate  over", "mine s open"], await LookAsync(Now));
        await rules.ReplaceAsync(_tenant, "mine", new RuleBody("error_rate", 0.4, 300, "s", 2, null, false), "me", Ct);
        Assert.True(await rules.DeleteAsync(_tenant, "error_rate", Ct));
        Assert.Equal(["error_rate  over", "error_rate  open", "mine s over"], await LookAsync(Now));
    }

    [Fact]
    public async Task Silenced_rule_is_recorded_and_tells_nobody()
    {
        await ExecuteAsync("INSERT INTO alert_channels (tenant_id, channel_id, kind, host, target, events, enabled, version, created_by, created_at, updated_at) VALUES ($1, 'c', 'slack', 'h', '\\x00', '{alert.opened,alert.over}', true, 1, '', now(), now())", _tenant);
        Assert.NotNull(await Rules().SilenceAsync(_tenant, "error_rate", TimeSpan.FromMinutes(30), "me", Ct));
        Assert.Null(await Rules().SilenceAsync(_tenant, "nothing", TimeSpan.FromMinutes(30), "me", Ct));
        await EndedJobs.StoreAsync(database, _tenant, [Ended(JobStatus.Failed)], Now, Ct);
        Assert.Equal(["error_rate  open"], await LookAsync(Now));
        Assert.Equal(["error_rate  over"], await LookAsync(Now.AddMinutes(6)));
        Assert.Equal(0L, await ScalarAsync("SELECT count(*) FROM alert_notices WHERE tenant_id = $1", _tenant));
        Assert.True(await Rules().EndSilenceAsync(_tenant, "error_rate", Ct));
        await EndedJobs.StoreAsync(database, _tenant, [Ended(JobStatus.Failed)], Now, Ct);
        await LookAsync(Now.AddSeconds(1));
        Assert.Equal(1L, await ScalarAsync("SELECT count(*) FROM alert_notices WHERE tenant_id = $1", _tenant));
    }

    [Fact]
    public async Task Process_alerts_once_while_it_measures_too_much_and_ends_it_itself_or_by_its_death()
    {
        var level = new MeasuredLevel(0.5, 0.8, false);
        var process = new ProcessAlerts([new ProcessMeasure("memory", () => level)], new TestJobs(database).Tenants, new AlertOptions { OperatorTenant = _tenant }, TimeProvider.System, NullLogger<ProcessAlerts>.Instance);
        await process.LookAsync(Ct);
        Assert.Equal([], await AlertsAsync());
        level = new MeasuredLevel(0.9, 0.8, true);
        await process.LookAsync(Ct);
        await process.LookAsync(Ct);
        Assert.Equal([$"memory {process.Subject} open"], await LookAsync(Now));
        level = new MeasuredLevel(0.7, 0.8, false);
        await process.LookAsync(Ct);
        Assert.Equal([$"memory {process.Subject} over"], await LookAsync(Now));
        level = new MeasuredLevel(0.9, 0.8, true);
        await process.LookAsync(Ct);
        Assert.Equal([$"memory {process.Subject} over", $"memory {process.Subject} open"], await LookAsync(Now.AddSeconds(50)));
        Assert.Equal([$"memory {process.Subject} over", $"memory {process.Subject} over"], await LookAsync(Now.AddSeconds(90)));
    }

    [Fact]
    public async Task Sweeper_forgets_what_is_long_over_and_nothing_that_is_open_or_to_be_sent()
    {
        await ExecuteAsync(
            """
            INSERT INTO alert_channels (tenant_id, channel_id, kind, host, target, events, enabled, version, created_by, created_at, updated_at) VALUES ($1, 'c', 'slack', 'h', '\x00', '{}', true, 1, '', now(), now())
            """, _tenant);
        foreach (var (over, state, ended) in ((string, string, string)[])[("now() - interval '91 days'", "dead", "now() - interval '91 days'"), ("NULL", "pending", "NULL"), ("now() - interval '89 days'", "delivered", "now() - interval '89 days'")])
        {
            await ExecuteAsync(
                $"""
                WITH a AS (INSERT INTO alerts (tenant_id, alert_id, rule_id, condition, subject, value, threshold, window_seconds, silenced, opened_at, over_at)
                    VALUES ($1, gen_random_uuid(), 'kept', 'isolation', '', 0, 0, 0, false, now() - interval '100 days', {over}) RETURNING alert_id)
                INSERT INTO alert_notices (tenant_id, notice_id, channel_id, event, alert_id, state, attempts, next_at, created_at, ended_at)
                SELECT $1, gen_random_uuid(), 'c', 'alert.opened', alert_id, '{state}', 1, now() + interval '1 day', now() - interval '100 days', {ended} FROM a
                """, _tenant);
        }

        Assert.True(await new DataSync.Alerts.Notices.AlertSweeper(database.Sources, new AlertOptions(), TimeProvider.System, NullLogger<DataSync.Alerts.Notices.AlertSweeper>.Instance).SweepAsync(Ct) >= 2);
        Assert.Equal(2L, await ScalarAsync("SELECT count(*) FROM alerts WHERE tenant_id = $1", _tenant));
        Assert.Equal("delivered,pending", await ScalarAsync("SELECT string_agg(state, ',' ORDER BY state) FROM alert_notices WHERE tenant_id = $1", _tenant));
    }

    [Fact]
    public async Task Turn_is_not_taken_before_its_pace_nor_while_another_machine_has_it()
    {
        var turn = new AlertTurn(database.Sources, _look);
        await ExecuteAsync("UPDATE alert_turn SET taken_at = '-infinity'");
        Assert.NotNull(await turn.TakeAsync(TimeSpan.FromMinutes(1), Ct));
        Assert.Null(await turn.TakeAsync(TimeSpan.FromMinutes(1), Ct));
        await using var other = await database.Sources.System.OpenConnectionAsync(Ct);
        await using var transaction = await other.BeginTransactionAsync(Ct);
        await using (var hold = new NpgsqlCommand("SELECT 1 FROM alert_turn FOR UPDATE", other)) await hold.ExecuteNonQueryAsync(Ct);
        Assert.Null(await turn.TakeAsync(TimeSpan.Zero, Ct));
        await transaction.RollbackAsync(Ct);
        Assert.NotNull(await turn.TakeAsync(TimeSpan.Zero, Ct));
    }

    [Fact]
    public async Task Isolation_is_breached_by_what_either_wall_refused_however_quietly_it_is_caught()
    {
        using var meters = new Meters();
        using var watch = new IsolationWatch(meters, TimeProvider.System);
        await watch.StartAsync(Ct);
        var before = watch.Read().Value; // other tests of this process run into walls on purpose
        await Assert.ThrowsAsync<PostgresException>(async () =>
        {
            await using var transaction = await new TestJobs(database).Tenants.BeginAsync(_tenant, Ct);
            await using var foreign = transaction.Command("INSERT INTO alert_silences (tenant_id, rule_id, until, created_by) VALUES ('somebody else', 'r', now(), '')");
            await foreign.ExecuteNonQueryAsync(Ct);
        });
        Assert.True(watch.Read() is { IsBreached: true, Value: var first } && first > before);
        before = watch.Read().Value;
        await Assert.ThrowsAsync<CrossTenantWriteException>(async () =>
        {
            await using var transaction = await new TestJobs(database).Tenants.BeginAsync(_tenant, Ct);
            transaction.Db.Add(new AlertSilence { TenantId = "somebody else", RuleId = "r" });
            await transaction.Db.SaveChangesAsync(Ct);
        });
        Assert.True(watch.Read().Value > before);
    }

    [Fact]
    public async Task Pool_is_exhausted_when_all_its_connections_are_taken()
    {
        var options = database.Options with { Connection = new NpgsqlConnectionStringBuilder(database.Options.Connection) { MaxPoolSize = 2 }.ConnectionString };
        await using var sources = new DataSync.Platform.Persistence.DataSources(options);
        using var measure = new DataSync.Platform.Persistence.PoolMeasure(options);
        await using var one = await sources.App.OpenConnectionAsync(Ct);
        Assert.Equal(2.0, measure.Read().Threshold);
        await using (var two = await sources.App.OpenConnectionAsync(Ct)) Assert.True(measure.Read() is { IsBreached: true, Value: >= 2 });
    }

    [Fact]
    public async Task Exhausted_pool_is_told_of_while_it_is_exhausted_and_so_is_what_else_is_wrong()
    {
        var options = database.Options with { Connection = new NpgsqlConnectionStringBuilder(database.Options.Connection) { MaxPoolSize = 1, Timeout = 3 }.ConnectionString };
        await using var sources = new DataSync.Platform.Persistence.DataSources(options);
        using var measure = new DataSync.Platform.Persistence.PoolMeasure(options);
        await using var stuck = await sources.App.OpenConnectionAsync(Ct);
        var tenants = TestJobs.TenantsOf(sources);
        ProcessMeasure[] measures = [new(DataSync.Platform.Persistence.PoolMeasure.Condition, measure.Read), new("memory", () => new MeasuredLevel(0.9, 0.8, true))];
        var process = new ProcessAlerts(measures, tenants, new AlertOptions { OperatorTenant = _tenant }, TimeProvider.System, NullLogger<ProcessAlerts>.Instance);
        await process.LookAsync(Ct);
        Assert.Equal([$"connection_pool {process.Subject} open", $"memory {process.Subject} open"], await AlertsAsync());

        // Whoever sends it waits for none of the pool either.
        Assert.Null(await new DataSync.Alerts.Notices.NoticeStore(sources, tenants).Apart().FindAsync(new DataSync.Alerts.Notices.ClaimedNotice(_tenant, Guid.NewGuid()), Ct));
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => tenants.BeginAsync(_tenant, Ct));
    }

    private static EndedJob Ended(string status) => new("s", status, 0, 10, 1, 0, 1, 0, "errors.connection.refused", false);

    private RuleStore Rules() => new(new TestJobs(database).Tenants, [new ErrorRate(), new MemoryCondition()], TimeProvider.System);

    private async Task DeliverAsync(int failed, int taken)
    {
        var jobs = await EndedJobs.StoreAsync(database, _tenant, [Ended(JobStatus.Completed)], Now, Ct);
        await ExecuteAsync(
            """
            INSERT INTO webhook_deliveries (tenant_id, delivery_id, source_id, received_at, bytes, replays, failure, job_id)
            SELECT $1, gen_random_uuid(), 'hook', now(), 1, 0, CASE WHEN i <= $2 THEN 'errors.webhook.refused' END, CASE WHEN i > $2 THEN $4::uuid END FROM generate_series(1, $2 + $3) i
            """, _tenant, failed, taken, jobs[0]);
    }

    private async Task<List<string>> LookAsync(DateTimeOffset at)
    {
        await _look.LookAsync(at, Ct);
        return await AlertsAsync();
    }

    private async Task<List<string>> AlertsAsync()
    {
        await using var command = database.Superuser.CreateCommand("SELECT rule_id || ' ' || subject || CASE WHEN over_at IS NULL THEN ' open' ELSE ' over' END FROM alerts WHERE tenant_id = $1 ORDER BY rule_id, opened_at");
        command.Parameters.AddWithValue(_tenant);
        await using var rows = await command.ExecuteReaderAsync(Ct);
        List<string> alerts = [];
        while (await rows.ReadAsync(Ct)) alerts.Add(rows.GetString(0));
        return alerts;
    }

    private async Task<object?> ScalarAsync(string sql, params object[] values)
    {
        await using var command = database.Superuser.CreateCommand(sql);
        foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value });
        return await command.ExecuteScalarAsync(Ct);
    }

    private Task ExecuteAsync(string sql, params object[] values) => ScalarAsync(sql, values);
}
