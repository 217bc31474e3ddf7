using System.Diagnostics.CodeAnalysis;
using Cronos;
using DataSync.Pipeline.Failures;

namespace DataSync.Jobs.Schedules;

/// <summary>
/// Times by a cron expression in a named zone. Where clocks go forward, a time that the day leaves out is taken at the moment after the gap; where they go back, a fixed
/// time comes once, the first time round, while an interval (<c>*</c>, <c>/</c> or <c>-</c> in hours or minutes) goes on through both.
/// </summary>
internal sealed class CronPlan
{
    public const int LongestCron = 255;
    public const int LongestZone = 64;

    /// <summary>Names that a system's zone folder knows and IANA's list does not, or that mean another thing on each machine.</summary>
    private static readonly string[] NoZones = ["right/", "posix/", "localtime", "posixrules", "Factory"];

    private readonly CronExpression _cron;
    private readonly TimeZoneInfo _zone;

    private CronPlan(CronExpression cron, TimeZoneInfo zone) => (_cron, _zone) = (cron, zone);

    /// <summary>A stored plan. Throws where this machine does not know its zone, as it did when the plan was set.</summary>
    public static CronPlan Of(string cron, string zone)
        => TryParse(cron, out var expression) && TryFindZone(zone, out var found) ? new CronPlan(expression, found) : throw new SyncFailureException(SyncFailure.Transient("errors.schedule.zone_unknown", ("zone", zone)));

    /// <summary>True for a cron expression of five fields, or of six with seconds first. Names such as <c>@daily</c> are none.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out CronExpression? cron)
    {
        cron = null;
        var fields = text.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries).Length;
        try
        {
            return fields is 5 or 6 && CronExpression.TryParse(text, fields == 6 ? CronFormat.IncludeSeconds : CronFormat.Standard, out cron);
        }
        catch (CronFormatException)
        {
            return false; // a jitter's H without a seed
        }
    }

    /// <summary>True for an IANA id.</summary>
    public static bool TryFindZone(string id, [NotNullWhen(true)] out TimeZoneInfo? zone)
    {
        zone = null;
        return id.Length is > 0 and <= LongestZone && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '_' or '-' or '+')
            && !NoZones.Any(n => id.StartsWith(n, StringComparison.OrdinalIgnoreCase)) && TimeZoneInfo.TryFindSystemTimeZoneById(id, out zone) && zone.HasIanaId;
    }

    /// <summary>True where the expression names a day that exists in some year.</summary>
    public static bool EverComes(CronExpression cron) => cron.GetNextOccurrence(DateTimeOffset.UnixEpoch, TimeZoneInfo.Utc) is not null;

    /// <summary>The first time after another, in UTC; null where there is none.</summary>
    public DateTimeOffset? After(DateTimeOffset now) => _cron.GetNextOccurrence(now, _zone)?.ToUniversalTime();
}
