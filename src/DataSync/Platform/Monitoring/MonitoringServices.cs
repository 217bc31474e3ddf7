using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;

namespace DataSync.Platform.Monitoring;

internal static class MonitoringServices
{
    /// <summary>Registers health and the Prometheus exporter; rooms add their meters and <see cref="IReadinessCheck"/>s themselves.</summary>
    public static IServiceCollection AddHealthAndMetrics(this IServiceCollection services)
    {
        services.AddSingleton<Readiness>();
        services.AddSingleton<ObserverAllowList>();
        services.AddOpenTelemetry().WithMetrics(m => m.AddAspNetCoreInstrumentation().AddPrometheusExporter());
        return services;
    }
}
