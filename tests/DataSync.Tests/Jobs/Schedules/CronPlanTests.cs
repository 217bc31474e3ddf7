using DataSync.Jobs.Schedules;

namespace DataSync.Tests.Jobs.Schedules;

public sealed class CronPlanTests
{
    [Theory]
    [InlineData("30 2 * * *", "Europe/Berlin", "2027-03-26T12:00Z", "03-27T01:30 03-28T01:00 03-29T00:30")] // 02:30 is left out on the 28th: at 03:00, the moment after the gap
    [InlineData("30 2 * * *", "Europe/Berlin", "2027-10-29T12:00Z", "10-30T00:30 10-31T00:30 11-01T01:30")] // 02:30 comes twice on the 31st: the first time round
    [InlineData("*/30 2 * * *", "Europe/Berlin", "2027-10-30T12:00Z", "10-31T00:00 10-31T00:30 10-31T01:00 10-31T01:30 11-01T01:00")] // an interval goes on through both
    [InlineData("0 * * * *", "Europe/Berlin", "2027-03-27T23:30Z", "03-28T00:00 03-28T01:00 03-28T02:00")]
    [InlineData("0 * * * *", "Europe/Berlin", "2027-10-30T23:30Z", "10-31T00:00 10-31T01:00 10-31T02:00")]
    [InlineData("30 2 * * *", "America/New_York", "2027-03-13T12:00Z", "03-14T07:00 03-15T06:30")]
    [InlineData("30 1 * * *", "America/New_York", "2027-11-06T12:00Z", "11-07T05:30 11-08T06:30")]
    [InlineData("*/30 1 * * *", "America/New_York", "2027-11-06T12:00Z", "11-07T05:00 11-07T05:30 11-07T06:00 11-07T06:30 11-08T06:00")]
    [InlineData("0 9 * * MON-FRI", "Asia/Shanghai", "2027-01-01T02:00Z", "01-04T01:00 01-05T01:00")]
    [InlineData("15 0 9 L * *", "UTC", "2027-01-01T00:00Z", "01-31T09:00 02-28T09:00")]
    public void After_goes_through_the_days_on_which_clocks_change(string cron, string zone, string from, string expected)
    {
        var plan = CronPlan.Of(cron, zone);
        var time = DateTimeOffset.Parse(from, System.Globalization.CultureInfo.InvariantCulture);
        foreach (var one in expected.Split(' '))
        {
            time = plan.After(time)!.Value;
            Assert.Equal(TimeSpan.Zero, time.Offset);
            Assert.Equal(one, time.ToString("MM-ddTHH:mm", System.Globalization.CultureInfo.InvariantCulture));
        }
    }

    [Theory]
    [InlineData("* * * * *", true)]
    [InlineData("*/10 * * * * *", true)]
    [InlineData("0 0 LW * *", true)]
    [InlineData("@daily", false)]
    [InlineData("* * * *", false)]
    [InlineData("* * * * * * *", false)]
    [InlineData("60 * * * *", false)]
    [InlineData("H H * * *", false)]
    [InlineData("a b c d e", false)]
    [InlineData("", false)]
    public void TryParse_takes_five_fields_or_six(string cron, bool good) => Assert.Equal(good, CronPlan.TryParse(cron, out _));

    [Theory]
    [InlineData("Europe/Berlin", true)]
    [InlineData("America/Argentina/Buenos_Aires", true)]
    [InlineData("Etc/GMT+5", true)]
    [InlineData("UTC", true)]
    [InlineData("Asia/Calcutta", true)]
    [InlineData("W. Europe Standard Time", false)]
    [InlineData("right/Europe/Berlin", false)]
    [InlineData("posix/Europe/Berlin", false)]
    [InlineData("localtime", false)]
    [InlineData("Local", false)]
    [InlineData("../../../etc/passwd", false)]
    [InlineData("/etc/localtime", false)]
    [InlineData("tzdata.zi", false)]
    [InlineData("Mars/Olympus", false)]
    [InlineData("", false)]
    public void TryFindZone_takes_names_of_the_public_list(string id, bool good) => Assert.Equal(good, CronPlan.TryFindZone(id, out _));

    [Fact]
    public void EverComes_knows_days_that_no_year_has()
    {
        Assert.True(CronPlan.TryParse("0 0 30 2 *", out var never) && !CronPlan.EverComes(never));
        Assert.True(CronPlan.TryParse("0 0 29 2 *", out var leap) && CronPlan.EverComes(leap));
    }

    [Fact]
    public void Of_a_zone_that_is_gone_says_so()
        => Assert.Equal("errors.schedule.zone_unknown", Assert.Throws<DataSync.Pipeline.Failures.SyncFailureException>(() => CronPlan.Of("* * * * *", "Mars/Olympus")).Failure.MessageKey);
}
