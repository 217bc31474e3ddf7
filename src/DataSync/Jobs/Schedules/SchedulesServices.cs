using DataSync.Platform.Resilience;
using DataSync.Platform.Settings;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace DataSync.Jobs.Schedules;

internal static class SchedulesServices
{
    /// <summary>Setting and showing schedules.</summary>
    public static IServiceCollection AddSchedules(this IServiceCollection services, IConfiguration configuration)
    {
        var settings = new SettingsReader(configuration);
        var idle = settings.Int("DATASYNC_CONTINUOUS_WAIT_SECONDS", 1, 1, 3600);
        var longest = settings.Int("DATASYNC_CONTINUOUS_MAX_WAIT_SECONDS", Math.Max(idle, 5), idle, 3600);
        services.AddSingleton(new SettingsFaults(settings.Faults));
        services.AddSingleton(provider => Options(idle, longest, provider.GetRequiredService<IOptions<RetryOptions>>().Value));
        return services.AddSingleton<ScheduledStart>().AddSingleton<ScheduleStore>().AddSingleton<ScheduleViews>();
    }

    /// <summary>What a worker adds: making jobs of them.</summary>
    public static IServiceCollection AddScheduler(this IServiceCollection services)
        => services.AddSingleton<ContinuousPace>().AddSingleton<FollowedSchedule>().AddSingleton<ScheduleTurn>().AddHostedService<Scheduler>();

    private static ScheduleOptions Options(int idle, int longest, RetryOptions retry)
    {
        var longestFailure = Math.Min(retry.MaxDelaySeconds, 60);
        return new ScheduleOptions
        {
            IdleWait = TimeSpan.FromSeconds(idle),
            LongestIdleWait = TimeSpan.FromSeconds(longest),
            FailureWait = TimeSpan.FromSeconds(Math.Min(retry.InitialDelaySeconds, longestFailure)),
            LongestFailureWait = TimeSpan.FromSeconds(longestFailure),
        };
    }
}
