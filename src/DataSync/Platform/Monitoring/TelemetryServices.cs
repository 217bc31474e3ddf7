using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace DataSync.Platform.Monitoring;

internal static class TelemetryServices
{
    /// <summary>Traces and metrics; exported by OTLP where <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set, metrics always at <c>/metrics</c>.</summary>
    public static IServiceCollection AddTelemetry(this IServiceCollection services, IConfiguration configuration, DataSyncRole role)
    {
        services.AddSingleton<SyncTelemetry>();
        var telemetry = services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("datasync-" + role.ToString().ToLowerInvariant(), serviceVersion: typeof(TelemetryServices).Assembly.GetName().Version?.ToString(3)))
            .WithTracing(traces => traces.AddInstrumentation(static () => new SafeExceptionEvents()).AddSource(SyncTelemetry.Name).AddAspNetCoreInstrumentation(o => o.Filter = http => !http.Request.Path.StartsWithSegments("/health", StringComparison.Ordinal)).AddHttpClientInstrumentation().AddNpgsql())
            .WithMetrics(metrics => metrics.AddMeter(SyncTelemetry.Name, "Npgsql").AddAspNetCoreInstrumentation().AddRuntimeInstrumentation().AddPrometheusExporter());
        if (!string.IsNullOrEmpty(configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
        {
            telemetry.WithTracing(traces => traces.AddOtlpExporter()).WithMetrics(metrics => metrics.AddOtlpExporter());
        }

        return services;
    }
}
