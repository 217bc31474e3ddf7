using DataSync.Jobs;

namespace DataSync.IntegrationTests.Jobs.Schedules;

/// <summary>Schedules by a plan: each due time makes one job, whoever looks and whatever was missed.</summary>
public sealed class PlannedRunTests(ScheduleRig rig) : IClassFixture<ScheduleRig>, IAsyncLifetime
{
    private const string Source = "orders";
    private readonly string _tenant = rig.NewTenant();

    public async ValueTask InitializeAsync() => await rig.ForgetAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Due_time_makes_the_job_that_a_Start_without_overrides_would_be()
    {
        await rig.ExecuteAsync("INSERT INTO tenant_settings (tenant_id, language, version) VALUES ($1, 'zh-CN', 1)", _tenant);
        await PlanAsync("2027-01-01T11:30Z", "0 * * * *", """{"mode":"hybrid","output_format":"csv","timeout_seconds":77,"extraction_params":{"row_limit":5}}""");
        await rig.LookAsync();
        Assert.Empty(await rig.JobsAsync(_tenant, Source));
        await rig.SetClockAsync("2027-01-01T12:00Z");
        await rig.LookAsync();
        var job = Assert.Single(await rig.JobsAsync(_tenant, Source));
        Assert.Equal(
            ("schedule", "zh-CN", "hybrid", "full", JobStatus.Queued, 77, "read"),
            (job.CreatedBy, job.Language, job.Mode, job.SyncType, job.Status, job.TimeoutSeconds, job.SourceType));
        Assert.Matches("^[0-9a-f]{32}$", job.CorrelationId);
        Assert.Contains("\"row_limit\":5", job.Config, StringComparison.Ordinal);
        Assert.Contains("\"table\":\"orders\"", job.Config, StringComparison.Ordinal);
        var schedule = (await rig.GetAsync(_tenant, Source)).Schedule;
        Assert.Equal((ScheduleRig.Time("2027-01-01T13:00Z"), job.Id, ScheduleRig.Time("2027-01-01T12:00Z")), (schedule.NextRunAt, schedule.LastJobId, schedule.LastRunAt));
        await rig.EndAsync(job.Id);
        await rig.SetClockAsync("2027-01-01T13:00Z");
        await rig.LookAsync();
        var jobs = await rig.JobsAsync(_tenant, Source);
        Assert.Equal(2, jobs.Select(j => j.CorrelationId).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public async Task Five_workers_at_once_make_one_job_of_a_due_time()
    {
        await rig.SetClockAsync("2027-01-01T11:30Z");
        for (var i = 0; i < 10; i++)
        {
            await rig.SourceAsync(_tenant, Source + i);
            await rig.SetAsync(_tenant, Source + i, "0 * * * *", "UTC");
        }

        await rig.SetClockAsync("2027-01-01T12:00Z");
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => rig.LookAsync()));
        await rig.LookAsync();
        for (var i = 0; i < 10; i++) Assert.Single(await rig.JobsAsync(_tenant, Source + i));
    }

    [Fact]
    public async Task Hours_without_a_worker_are_made_up_once_and_the_plan_goes_on()
    {
        await PlanAsync("2027-01-01T00:30Z", "0 * * * *");
        await rig.SetClockAsync("2027-01-01T07:42Z");
        await rig.LookAsync();
        Assert.Equal(ScheduleRig.Time("2027-01-01T08:00Z"), (await rig.GetAsync(_tenant, Source)).Schedule.NextRunAt);
        await rig.EndLastAsync(_tenant, Source);
        await rig.LookAsync();
        Assert.Single(await rig.JobsAsync(_tenant, Source));
    }

    [Fact]
    public async Task Open_export_of_what_a_job_stored_holds_no_run_back()
    {
        await PlanAsync("2027-01-01T00:00:30Z", "* * * * *");
        var export = await rig.OtherJobAsync(_tenant, Source);
        await rig.ExecuteAsync("UPDATE sync_jobs SET export_of = gen_random_uuid() WHERE id = $1", export);
        await rig.SetClockAsync("2027-01-01T00:01:00Z");
        await rig.LookAsync();
        Assert.Equal(2, (await rig.JobsAsync(_tenant, Source)).Count);
    }

    [Theory]
    [InlineData("queued")]
    [InlineData("running")]
    [InlineData("waiting")]
    public async Task Open_job_of_the_source_holds_a_due_run_back_and_it_is_made_up_once(string status)
    {
        await PlanAsync("2027-01-01T00:00:30Z", "* * * * *");
        var other = await rig.OtherJobAsync(_tenant, Source, status);
        for (var minute = 1; minute <= 5; minute++)
        {
            await rig.SetClockAsync(ScheduleRig.Time("2027-01-01T00:00Z").AddMinutes(minute));
            await rig.LookAsync();
        }

        Assert.Equal([other], (await rig.JobsAsync(_tenant, Source)).Select(j => j.Id));
        var held = await rig.GetAsync(_tenant, Source);
        Assert.Equal((true, true, ScheduleRig.Time("2027-01-01T00:01Z")), (held.IsRunning, held.IsDue, held.Schedule.NextRunAt));
        await rig.SetClockAsync("2027-01-01T00:05:20Z");
        await rig.EndAsync(other);
        await rig.LookAsync();
        await rig.EndLastAsync(_tenant, Source);
        await rig.LookAsync();
        Assert.Equal(2, (await rig.JobsAsync(_tenant, Source)).Count);
        Assert.Equal(ScheduleRig.Time("2027-01-01T00:06Z"), (await rig.GetAsync(_tenant, Source)).Schedule.NextRunAt);
    }

    [Fact]
    public async Task Inactive_source_pauses_its_schedule_and_what_was_missed_is_made_up_once()
    {
        await PlanAsync("2027-01-01T00:30Z", "0 * * * *");
        await rig.ExecuteAsync("UPDATE data_source_configs SET is_active = false WHERE tenant_id = $1", _tenant);
        await rig.SetClockAsync("2027-01-01T05:30Z");
        await rig.LookAsync();
        Assert.Empty(await rig.JobsAsync(_tenant, Source));
        await rig.ExecuteAsync("UPDATE data_source_configs SET is_active = true WHERE tenant_id = $1", _tenant);
        await rig.LookAsync();
        Assert.Single(await rig.JobsAsync(_tenant, Source));
        Assert.Equal(ScheduleRig.Time("2027-01-01T06:00Z"), (await rig.GetAsync(_tenant, Source)).Schedule.NextRunAt);
    }

    [Theory]
    [InlineData("30 2 * * *", "Europe/Berlin", "2027-03-27T12:00Z", "03-28T01:00 03-29T00:30")]
    [InlineData("30 2 * * *", "Europe/Berlin", "2027-10-30T12:00Z", "10-31T00:30 11-01T01:30")]
    [InlineData("30 * * * *", "Europe/Berlin", "2027-10-30T23:00Z", "10-30T23:30 10-31T00:30 10-31T01:30 10-31T02:30")]
    [InlineData("30 2 * * *", "America/New_York", "2027-03-13T12:00Z", "03-14T07:00 03-15T06:30")]
    [InlineData("30 1 * * *", "America/New_York", "2027-11-06T12:00Z", "11-07T05:30 11-08T06:30")]
    public async Task Days_on_which_clocks_change_make_each_run_once(string cron, string zone, string from, string expected)
    {
        await PlanAsync(from, cron, zone: zone);
        var (now, end, made) = (ScheduleRig.Time(from), default(DateTimeOffset), 0);
        for (end = now.AddHours(zone == "Europe/Berlin" && cron.StartsWith("30 *", StringComparison.Ordinal) ? 4 : 44); now < end; now = now.AddMinutes(30))
        {
            await rig.SetClockAsync(now);
            await rig.LookAsync();
            var jobs = await rig.JobsAsync(_tenant, Source);
            if (jobs.Count == made) continue;
            made++;
            await rig.EndAsync(jobs[^1].Id);
        }

        Assert.Equal(expected, string.Join(' ', (await rig.JobsAsync(_tenant, Source)).Select(j => j.CreatedAt.ToUniversalTime().ToString("MM-ddTHH:mm", System.Globalization.CultureInfo.InvariantCulture))));
    }

    [Fact]
    public async Task Same_plan_again_keeps_a_due_run_and_another_plan_begins_at_its_own_time()
    {
        await PlanAsync("2027-01-01T00:30Z", "0 * * * *");
        await rig.SetClockAsync("2027-01-01T02:30Z");
        Assert.True((await rig.SetAsync(_tenant, Source, "0 * * * *", "UTC")).IsDue);
        Assert.Equal(ScheduleRig.Time("2027-01-01T05:00Z"), (await rig.SetAsync(_tenant, Source, "0 5 * * *", "UTC")).Schedule.NextRunAt);
        await rig.LookAsync();
        Assert.Empty(await rig.JobsAsync(_tenant, Source));
    }

    [Fact]
    public async Task Tenant_with_many_due_schedules_does_not_keep_another_waiting()
    {
        var small = rig.NewTenant();
        await rig.SetClockAsync("2027-01-01T00:30Z");
        for (var i = 0; i < 150; i++) await rig.SourceAsync(_tenant, Source + i);
        await rig.ExecuteAsync(
            """
            INSERT INTO sync_schedules (tenant_id, source_id, cron, time_zone, next_run_at, settled, idle_runs, failed_runs, created_by, created_at, updated_at)
            SELECT tenant_id, source_id, '0 * * * *', 'UTC', '2027-01-01T01:00Z', true, 0, 0, '', now(), now() FROM data_source_configs WHERE tenant_id = $1
            """,
            _tenant);
        await rig.SourceAsync(small, Source);
        await rig.SetAsync(small, Source, "59 * * * *", "UTC");
        await rig.SetClockAsync("2027-01-01T01:00Z");
        Assert.Equal(TimeSpan.Zero, await rig.LookOnceAsync());
        Assert.Single(await rig.JobsAsync(small, Source));
        await rig.LookAsync();
        Assert.Equal(150, await CountAsync());
    }

    [Fact]
    public async Task Look_tells_how_long_there_is_nothing_to_do()
    {
        await PlanAsync("2027-01-01T00:59:59.700Z", "0 * * * *");
        Assert.Equal(TimeSpan.FromMilliseconds(300), await rig.LookOnceAsync());
        await rig.SetClockAsync("2027-01-01T01:00Z");
        await rig.LookAsync();
        Assert.Equal(TimeSpan.FromSeconds(1), await rig.LookOnceAsync());
    }

    [Fact]
    public async Task End_of_a_job_calls_the_schedulers_where_a_run_waits_for_it_and_only_there()
    {
        List<string> heard = [];
        await using var listener = await rig.ConnectAsync();
        listener.Notification += (_, e) => heard.Add(e.Channel);
        await using (var listen = listener.CreateCommand())
        {
            listen.CommandText = "LISTEN datasync_schedule";
            await listen.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        await PlanAsync("2020-01-01T00:30Z", "0 * * * *"); // the trigger goes by the real clock
        var other = await rig.OtherJobAsync(_tenant, Source);
        await rig.SourceAsync(_tenant, "idle");
        var unwatched = await rig.OtherJobAsync(_tenant, "idle");
        await PingAsync(listener);
        heard.Clear(); // what setting the schedule called
        await rig.EndAsync(unwatched);
        await PingAsync(listener);
        Assert.Empty(heard);
        await rig.EndAsync(other, "failed");
        await PingAsync(listener);
        Assert.Equal(["datasync_schedule"], heard);
    }

    private static async Task PingAsync(Npgsql.NpgsqlConnection connection)
    {
        await using var ping = connection.CreateCommand();
        ping.CommandText = "SELECT 1";
        await ping.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    private async Task<int> CountAsync()
    {
        await using var connection = await rig.ConnectAsync();
        await using var count = new Npgsql.NpgsqlCommand("SELECT count(*)::int FROM sync_jobs WHERE tenant_id = $1 AND created_by = 'schedule'", connection) { Parameters = { new() { Value = _tenant } } };
        return (int)(await count.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }

    private async Task PlanAsync(string now, string cron, string sync = "{}", string zone = "UTC")
    {
        await rig.SetClockAsync(now);
        await rig.SourceAsync(_tenant, Source, sync);
        await rig.SetAsync(_tenant, Source, cron, zone);
    }
}
