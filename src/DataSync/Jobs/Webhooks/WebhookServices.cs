using DataSync.Jobs.Webhooks.Deliveries;
using DataSync.Jobs.Webhooks.Direct;
using DataSync.Jobs.Webhooks.Drain;
using DataSync.Jobs.Webhooks.Inbox;
using DataSync.Jobs.Webhooks.Receive;
using DataSync.Pipeline.Push;
using DataSync.Platform.Settings;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync.Jobs.Webhooks;

/// <summary>What is sent to us: taken in, kept safe, run.</summary>
internal static class WebhookServices
{
    /// <summary>What takes deliveries in, and what gives a job its own.</summary>
    public static IServiceCollection AddWebhooks(this IServiceCollection services, SettingsReader settings)
    {
        services.AddSingleton(WebhookOptions.Read(settings));
        services.AddSingleton<DeliveryReader>();
        services.AddSingleton<ReadPushed>(provider => provider.GetRequiredService<DeliveryReader>().ReadAsync);
        services.AddSingleton<PushPlans>();
        services.AddSingleton<SourceNameTable>();
        services.AddSingleton<AskNames>(provider => provider.GetRequiredService<SourceNameTable>().AskAsync);
        services.AddSingleton<SourceNames>();
        services.AddSingleton<PushSources>();
        services.AddSingleton<DeliveryNames>();
        services.AddSingleton<BodyMemory>();
        services.AddSingleton<Inbox.Inbox>();
        services.AddSingleton<InboxBell>();
        services.AddSingleton<DirectClaims>();
        services.AddSingleton<DirectPush>();
        services.AddSingleton<WebhookReceiver>();
        services.AddSingleton<DeliveryStore>();
        services.AddHostedService(provider => provider.GetRequiredService<InboxBell>());
        services.AddHostedService<InboxWriter>();
        return services;
    }

    /// <summary>What a worker runs: it makes jobs of what waits, and forgets what is old.</summary>
    public static IServiceCollection AddWebhookWorker(this IServiceCollection services)
    {
        services.AddSingleton<DrainStart>();
        services.AddHostedService<DrainKeeper>();
        services.AddSingleton<DeliverySweeper>();
        services.AddHostedService(provider => provider.GetRequiredService<DeliverySweeper>());
        return services;
    }

    public static IEndpointRouteBuilder MapWebhooks(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapReceive();
        endpoints.MapDeliveries();
        return endpoints;
    }
}
