namespace DataSync.IntegrationTests.Jobs.Schedules;

/// <summary>One sync after the other, with a rest where nothing comes.</summary>
public sealed class ContinuousTests(ScheduleRig rig) : IClassFixture<ScheduleRig>, IAsyncLifetime
{
    private const string Source = "orders";
    private static readonly DateTimeOffset Start = ScheduleRig.Time("2027-01-01T00:00Z");
    private readonly string _tenant = rig.NewTenant();

    public async ValueTask InitializeAsync()
    {
        await rig.ForgetAsync();
        await rig.SetClockAsync(Start);
        await rig.SourceAsync(_tenant, Source);
        await rig.SetAsync(_tenant, Source, null, null);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task First_sync_begins_at_once_and_each_next_one_when_it_has_ended()
    {
        for (var run = 1; run <= 4; run++)
        {
            await rig.LookAsync();
            await rig.SetClockAsync(Start.AddMinutes(run));
            await rig.LookAsync();
            Assert.Equal(run, (await rig.JobsAsync(_tenant, Source)).Count);
            await rig.EndLastAsync(_tenant, Source, extracted: 1);
        }

        await rig.LookAsync();
        Assert.Equal(5, (await rig.JobsAsync(_tenant, Source)).Count);
    }

    [Theory]
    [InlineData("completed", new double[] { 1, 2, 4, 5, 5 })]
    [InlineData("failed", new double[] { 1, 2, 4, 8, 16, 32, 60, 60 })]
    [InlineData("cancelled", new double[] { 1, 2, 4, 8 })]
    public async Task Wait_grows_while_nothing_comes_or_syncs_fail(string status, double[] waits)
    {
        var now = Start;
        foreach (var wait in waits)
        {
            await rig.LookAsync();
            await rig.EndLastAsync(_tenant, Source, status);
            await rig.LookAsync();
            var jobs = (await rig.JobsAsync(_tenant, Source)).Count;
            Assert.Equal(now.AddSeconds(wait), (await rig.GetAsync(_tenant, Source)).Schedule.NextRunAt);
            await rig.SetClockAsync(now.AddSeconds(wait - 0.01));
            await rig.LookAsync();
            Assert.Equal(jobs, (await rig.JobsAsync(_tenant, Source)).Count);
            await rig.SetClockAsync(now = now.AddSeconds(wait));
            await rig.LookAsync();
            Assert.Equal(jobs + 1, (await rig.JobsAsync(_tenant, Source)).Count);
        }

        // Something came: the next one begins at once, and the waits begin anew.
        await rig.EndLastAsync(_tenant, Source, extracted: 3);
        await rig.LookAsync();
        await rig.EndLastAsync(_tenant, Source, status);
        await rig.LookAsync();
        Assert.Equal(now.AddSeconds(1), (await rig.GetAsync(_tenant, Source)).Schedule.NextRunAt);
    }

    [Fact]
    public async Task Wait_counts_from_the_end_of_the_sync_so_downtime_does_not_lengthen_it()
    {
        await rig.LookAsync();
        await rig.EndLastAsync(_tenant, Source);
        await rig.SetClockAsync(Start.AddHours(3));
        await rig.LookAsync();
        Assert.Equal(2, (await rig.JobsAsync(_tenant, Source)).Count);
    }

    [Fact]
    public async Task Another_job_of_the_source_holds_the_next_sync_back()
    {
        await rig.LookAsync();
        var other = await rig.OtherJobAsync(_tenant, Source, "running");
        await rig.EndAsync((await rig.JobsAsync(_tenant, Source)).Single(j => j.Id != other).Id, extracted: 1);
        await rig.SetClockAsync(Start.AddMinutes(1));
        await rig.LookAsync();
        Assert.Equal(2, (await rig.JobsAsync(_tenant, Source)).Count);
        await rig.EndAsync(other);
        await rig.LookAsync();
        Assert.Equal(3, (await rig.JobsAsync(_tenant, Source)).Count);
    }
}
