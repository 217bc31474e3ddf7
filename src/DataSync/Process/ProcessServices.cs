using DataSync.Pipeline.Incremental;
using DataSync.Pipeline.Replay;
using DataSync.Platform.Monitoring;
using DataSync.Platform.Settings;
using DataSync.Platform.Tenancy;
using DataSync.Process.Async;
using DataSync.Process.Async.Replay;
using DataSync.Process.Realtime;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync.Process;

/// <summary>Where records are kept. The strategies themselves are found by their contract.</summary>
internal static class ProcessServices
{
    public static IServiceCollection AddProcess(this IServiceCollection services, IConfiguration configuration)
    {
        var settings = new SettingsReader(configuration);
        services.AddSingleton(new RealtimeOptions
        {
            LimitBytes = settings.Int(RealtimeOptions.LimitSetting, 100, 1, 1_048_576) * 1024L * 1024,
            TenantShare = settings.Int(RealtimeOptions.ShareSetting, 50, 1, 100),
        });
        services.AddSingleton(new SettingsFaults(settings.Faults));
        services.AddSingleton<RealtimeMemory>();
        services.AddSingleton(provider => new ProcessMeasure("memory", provider.GetRequiredService<RealtimeMemory>().Measure));
        services.AddSingleton<ClaimRejections>(RejectionClaims.ClaimAsync);
        services.AddSingleton<ReadKept>(provider => new KeptOriginals(provider.GetRequiredService<TenantDatabase>()).ReadAsync);
        services.AddSingleton<LacksKept>(provider => new KeptOriginals(provider.GetRequiredService<TenantDatabase>()).LacksAsync);
        return services;
    }
}
