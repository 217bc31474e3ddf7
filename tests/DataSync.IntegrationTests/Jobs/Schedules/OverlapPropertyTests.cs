using DataSync.Jobs;
using FsCheck;
using FsCheck.Fluent;

namespace DataSync.IntegrationTests.Jobs.Schedules;

/// <summary>Any history of time, ends of jobs and several workers looking at once: never two jobs at a time, and no due time lost or made up twice.</summary>
public sealed class OverlapPropertyTests(ScheduleRig rig) : IClassFixture<ScheduleRig>
{
    /// <summary>Seconds that pass, -1 where the open job ends, -2 where two workers look at once.</summary>
    private static readonly Arbitrary<int[]> Histories =
        Gen.Frequency((2, Gen.Choose(1, 200)), (2, Gen.Constant(-1)), (3, Gen.Constant(-2))).ListOf().Select(steps => steps.Take(14).ToArray()).ToArbitrary();

    [Fact]
    public async Task Every_history_makes_the_jobs_that_its_plan_says()
    {
        await rig.ForgetAsync();
        var cases = Histories.Generator.Sample(20, 100);
        foreach (var steps in cases) await RunAsync(steps);
    }

    private async Task RunAsync(int[] steps)
    {
        var tenant = rig.NewTenant();
        var now = ScheduleRig.Time("2027-01-01T00:00:30Z");
        await rig.SetClockAsync(now);
        await rig.SourceAsync(tenant, "s");
        await rig.SetAsync(tenant, "s", "* * * * *", "UTC");
        var (due, open, made) = (Minute(now), false, 0);
        foreach (var step in steps)
        {
            switch (step)
            {
                case -1:
                    if (open) await rig.EndLastAsync(tenant, "s");
                    open = false;
                    break;
                case -2:
                    await Task.WhenAll(rig.LookOnceAsync(), rig.LookOnceAsync());
                    await rig.LookAsync(); // what one of them passed over because the other had it
                    if (!open && due <= now) (due, open, made) = (Minute(now), true, made + 1);
                    break;
                default:
                    await rig.SetClockAsync(now = now.AddSeconds(step));
                    break;
            }

            var jobs = await rig.JobsAsync(tenant, "s");
            var history = string.Join(' ', steps);
            Assert.True(jobs.Count == made, $"{jobs.Count} jobs, not {made}, after {history}");
            Assert.True(jobs.Count(j => !JobStatus.IsFinal(j.Status)) == (open ? 1 : 0), history);
        }

        await rig.ForgetAsync();
    }

    private static DateTimeOffset Minute(DateTimeOffset now) => new DateTimeOffset(now.Year, now.Month, now.Day, now.Hour, now.Minute, 0, TimeSpan.Zero).AddMinutes(1);
}
