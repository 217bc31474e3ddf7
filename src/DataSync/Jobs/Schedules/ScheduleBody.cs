using DataSync.Platform.Http.Json;
using DataSync.Platform.Http.Requests;

namespace DataSync.Jobs.Schedules;

/// <summary>Body of <c>PUT /api/sources/{source_id}/schedule</c>: a plan in a zone, or continuous.</summary>
/// <param name="Cron">Null for continuous.</param>
/// <param name="TimeZone">IANA id as the zone's list spells it; null for continuous.</param>
internal sealed record ScheduleBody(string? Cron, string? TimeZone) : IRequestBody<ScheduleBody>
{
    public static ScheduleBody Read(JsonObjectReader json)
    {
        var (hasCron, hasZone) = (json.Has("cron"), json.Has("time_zone"));
        var cron = json.OptionalString("cron", CronPlan.LongestCron);
        var zone = json.OptionalString("time_zone", CronPlan.LongestZone);
        if (json.OptionalBool("continuous") == true)
        {
            if (hasCron || hasZone) json.Refuse("continuous", "faults.schedule.either");
            return new ScheduleBody(null, null);
        }

        if (!hasCron) json.Refuse("cron", "faults.schedule.what");
        else if (!hasZone) json.Refuse("time_zone", "faults.required");
        if (cron is not null && !CronPlan.TryParse(cron, out var expression)) json.Refuse("cron", "faults.schedule.cron");
        else if (cron is not null && CronPlan.TryParse(cron, out expression) && !CronPlan.EverComes(expression)) json.Refuse("cron", "faults.schedule.never");
        if (zone is null) return new ScheduleBody(cron, null);
        if (CronPlan.TryFindZone(zone, out var found)) return new ScheduleBody(cron, found.Id);
        json.Refuse("time_zone", "faults.schedule.time_zone");
        return new ScheduleBody(cron, null);
    }
}
