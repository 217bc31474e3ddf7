using DataSync.Jobs.Engine;
using DataSync.Pipeline.Failures;

namespace DataSync.IntegrationTests.Jobs.Schedules;

/// <summary>Due runs that cannot become a job, and plans that are refused when they are set.</summary>
public sealed class RefusedRunTests(ScheduleRig rig) : IClassFixture<ScheduleRig>, IAsyncLifetime
{
    private const string Source = "orders";
    private readonly string _tenant = rig.NewTenant();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await rig.ForgetAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Full_queue_puts_a_run_off_visibly_and_it_is_made_up_once()
    {
        await PlanAsync("2027-01-01T00:30Z", "0 * * * *");
        await rig.SourceAsync(_tenant, "other");
        List<Guid> queued = [];
        for (var i = 0; i < 200; i++) queued.Add(await rig.OtherJobAsync(_tenant, "other"));
        await rig.SetClockAsync("2027-01-01T01:00Z");
        await rig.LookAsync();
        var full = await rig.GetAsync(_tenant, Source);
        Assert.Empty(await rig.JobsAsync(_tenant, Source));
        Assert.Equal(
            ("errors.job.queue_full", true, ScheduleRig.Time("2027-01-01T01:00:30Z"), ScheduleRig.Time("2027-01-01T01:00Z")),
            (JobFailure.Read(full.Schedule.Failure!).MessageKey, full.IsDue, full.Schedule.NotBefore, full.Schedule.NextRunAt));
        await rig.EndAsync(queued[0]);
        await rig.SetClockAsync("2027-01-01T01:00:29Z");
        Assert.Equal(TimeSpan.FromSeconds(1), await rig.LookOnceAsync());
        Assert.Empty(await rig.JobsAsync(_tenant, Source));
        await rig.SetClockAsync("2027-01-01T02:10Z");
        await rig.LookAsync();
        Assert.Single(await rig.JobsAsync(_tenant, Source));
        var after = (await rig.GetAsync(_tenant, Source)).Schedule;
        Assert.Equal((null, null, ScheduleRig.Time("2027-01-01T03:00Z")), (after.Failure, after.NotBefore, after.NextRunAt));
    }

    [Theory]
    [InlineData("""{"mode":"realtime"}""", "errors.schedule.realtime")]
    [InlineData("""{"processing_rules":{"batch_size":-1}}""", "errors.schedule.plan")]
    public async Task Source_that_can_no_longer_run_fails_its_run_visibly_and_the_plan_goes_on(string sync, string key)
    {
        await PlanAsync("2027-01-01T00:30Z", "0 * * * *");
        await rig.ExecuteAsync("UPDATE data_source_configs SET sync = $2::json WHERE tenant_id = $1", _tenant, sync);
        await rig.SetClockAsync("2027-01-01T01:00Z");
        await rig.LookAsync();
        var refused = (await rig.GetAsync(_tenant, Source)).Schedule;
        Assert.Empty(await rig.JobsAsync(_tenant, Source));
        Assert.Equal((key, ScheduleRig.Time("2027-01-01T02:00Z")), (JobFailure.Read(refused.Failure!).MessageKey, refused.NextRunAt));
        await rig.ExecuteAsync("UPDATE data_source_configs SET sync = '{}' WHERE tenant_id = $1", _tenant);
        await rig.SetClockAsync("2027-01-01T02:00Z");
        await rig.LookAsync();
        Assert.Single(await rig.JobsAsync(_tenant, Source));
        Assert.Null((await rig.GetAsync(_tenant, Source)).Schedule.Failure);
    }

    [Fact]
    public async Task Schedule_that_breaks_is_put_off_and_others_go_on()
    {
        await PlanAsync("2027-01-01T00:30Z", "0 * * * *");
        await rig.SourceAsync(_tenant, "sound");
        await rig.SetAsync(_tenant, "sound", "0 * * * *", "UTC");
        await rig.ExecuteAsync("UPDATE sync_schedules SET time_zone = 'Mars/Olympus' WHERE tenant_id = $1 AND source_id = $2", _tenant, Source);
        await rig.SetClockAsync("2027-01-01T01:00Z");
        await rig.LookAsync();
        Assert.Single(await rig.JobsAsync(_tenant, "sound"));
        var broken = (await rig.GetAsync(_tenant, Source)).Schedule;
        Assert.Equal(("errors.schedule.zone_unknown", ScheduleRig.Time("2027-01-01T01:00:30Z")), (JobFailure.Read(broken.Failure!).MessageKey, broken.NotBefore));
    }

    [Fact]
    public async Task Continuous_schedule_of_such_a_source_tries_after_a_growing_while()
    {
        await PlanAsync("2027-01-01T00:00Z", null);
        await rig.ExecuteAsync("UPDATE data_source_configs SET sync = '{\"mode\":\"realtime\"}' WHERE tenant_id = $1", _tenant);
        var now = ScheduleRig.Time("2027-01-01T00:00Z");
        List<double> waits = [];
        for (var i = 0; i < 8; i++)
        {
            await rig.LookAsync();
            var next = (await rig.GetAsync(_tenant, Source)).Schedule.NextRunAt!.Value;
            waits.Add((next - now).TotalSeconds);
            await rig.SetClockAsync(now = next);
        }

        Assert.Equal([1, 2, 4, 8, 16, 32, 60, 60], waits);
        Assert.Empty(await rig.JobsAsync(_tenant, Source));
    }

    [Theory]
    [InlineData("""{"mode":"realtime"}""", """{"table":"orders"}""", "database", "errors.schedule.realtime", "")]
    [InlineData("{}", "{}", "database", "errors.schedule.plan", "/extraction_params")]
    [InlineData("""{"processing_rules":{"batch_size":-1},"output_format":"pdf"}""", """{"table":"orders"}""", "database", "errors.schedule.plan", "/processing_rules/batch_size /output_format")]
    [InlineData("{}", "{}", "webhook", "errors.schedule.nothing_to_read", "")]
    public async Task Plan_for_a_source_that_cannot_run_is_refused_with_every_fault(string sync, string extraction, string type, string key, string paths)
    {
        await rig.SourceAsync(_tenant, Source, sync, extraction, type);
        var refused = await Assert.ThrowsAsync<SyncFailureException>(() => rig.SetAsync(_tenant, Source, "0 * * * *", "UTC"));
        Assert.Equal(key, refused.Failure.MessageKey);
        Assert.Equal(paths.Split(' ', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal), refused.Faults.Select(f => f.Path).Order(StringComparer.Ordinal));
        await Assert.ThrowsAsync<SyncFailureException>(() => rig.Store.GetAsync(_tenant, Source, Ct));
    }

    private async Task PlanAsync(string now, string? cron)
    {
        await rig.SetClockAsync(now);
        await rig.SourceAsync(_tenant, Source);
        await rig.SetAsync(_tenant, Source, cron, cron is null ? null : "UTC");
    }
}
