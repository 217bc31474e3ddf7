using DataSync.Jobs.Schedules;

namespace DataSync.Tests.Jobs.Schedules;

public sealed class ScheduleOptionsTests
{
    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(1, 1, 1)]
    [InlineData(2, 2, 2)]
    [InlineData(3, 4, 4)]
    [InlineData(4, 5, 8)]
    [InlineData(7, 5, 60)]
    [InlineData(int.MaxValue, 5, 60)]
    public void Waits_double_to_their_bound(int runs, int idle, int failed)
    {
        var options = new ScheduleOptions();
        Assert.Equal((idle, failed), (options.AfterIdle(runs).TotalSeconds, options.AfterFailed(runs).TotalSeconds));
    }
}
