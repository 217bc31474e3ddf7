using DataSync.Alerts.Channels;
using DataSync.Alerts.Evaluation;
using DataSync.Alerts.Measured;
using DataSync.Alerts.Notices;
using DataSync.Alerts.Rules;
using DataSync.Alerts.States;
using DataSync.Platform.Encryption;
using DataSync.Platform.Http.Egress;
using DataSync.Platform.Settings;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync.Alerts;

/// <summary>Alerts: what is wrong, who is told, and when it is over. Conditions and ways of telling are found by their contracts.</summary>
internal static class AlertsServices
{
    /// <summary>What every process has: the rules, the channels, and what it measures of itself.</summary>
    public static IServiceCollection AddAlerts(this IServiceCollection services, IConfiguration configuration)
    {
        var settings = new SettingsReader(configuration);
        services.AddSingleton(AlertOptions.Read(settings, name => configuration[name]));
        services.AddSingleton(new SettingsFaults(settings.Faults));
        services.AddEgress(configuration);
        services.AddSingleton<ReceiverPost>().AddSingleton<ChannelUrl>().AddSingleton<ChannelStore>().AddSingleton<ISealedStore, SealedChannels>();
        services.AddSingleton<RuleStore>().AddSingleton<AlertStore>().AddSingleton<NoticeStore>().AddSingleton<NoticeText>();
        return services.AddSingleton<ProcessAlerts>().AddHostedService(provider => provider.GetRequiredService<ProcessAlerts>());
    }

    /// <summary>What a worker adds: looking, and sending.</summary>
    public static IServiceCollection AddAlertWorker(this IServiceCollection services)
        => services.AddSingleton<FailingConditions>().AddSingleton<AlertLook>().AddSingleton<AlertTurn>().AddSingleton<NoticeSender>().AddHostedService<AlertEvaluator>().AddHostedService<AlertSweeper>().AddHostedService(provider => provider.GetRequiredService<NoticeSender>());

    /// <summary>The addresses of the room.</summary>
    public static void MapAlertRoom(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapAlerts();
        endpoints.MapRules();
        endpoints.MapRulesOfTenants();
        endpoints.MapChannels();
        endpoints.MapNotices();
    }
}
