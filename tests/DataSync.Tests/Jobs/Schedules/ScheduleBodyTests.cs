using System.Text;
using DataSync.Jobs.Schedules;
using DataSync.Platform.Http.Json;

namespace DataSync.Tests.Jobs.Schedules;

public sealed class ScheduleBodyTests
{
    [Theory]
    [InlineData("""{"cron":"30 2 * * *","time_zone":"Europe/Berlin"}""", "")]
    [InlineData("""{"cron":"30 2 * * *","time_zone":"Europe/Berlin","continuous":false}""", "")]
    [InlineData("""{"continuous":true}""", "")]
    [InlineData("""{"continuous":true,"cron":null,"time_zone":null}""", "")]
    [InlineData("{}", "/cron faults.schedule.what")]
    [InlineData("""{"continuous":false}""", "/cron faults.schedule.what")]
    [InlineData("""{"time_zone":"UTC"}""", "/cron faults.schedule.what")]
    [InlineData("""{"cron":"30 2 * * *"}""", "/time_zone faults.required")]
    [InlineData("""{"cron":"30 2 * * *","time_zone":"UTC","continuous":true}""", "/continuous faults.schedule.either")]
    [InlineData("""{"cron":"every day","time_zone":"Berlin","colour":"red"}""", "/colour faults.unknown, /cron faults.schedule.cron, /time_zone faults.schedule.time_zone")]
    [InlineData("""{"cron":"0 0 31 11 *","time_zone":"UTC"}""", "/cron faults.schedule.never")]
    [InlineData("""{"cron":5,"time_zone":true,"continuous":"yes"}""", "/continuous faults.bool, /cron faults.string, /time_zone faults.string")]
    public void Read_names_every_fault_at_once(string body, string faults)
        => Assert.Equal(faults, string.Join(", ", StrictJson.Check<ScheduleBody>(Encoding.UTF8.GetBytes(body)).Faults.Select(f => $"{f.Path} {f.MessageKey}").Order(StringComparer.Ordinal)));
}
