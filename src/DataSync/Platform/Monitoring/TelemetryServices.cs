using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using OpenTelemetry.Instrumentation.AspNetCore;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace DataSync.Platform.Monitoring;

internal static class TelemetryServices
{
    /// <summary>
    /// Metrics, always at <c>/metrics</c>; they and traces are exported by OTLP where <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set. Without it no span is made: nobody would see it,
    /// and a request's spans cost as much as its checks. Trace ids are there all the same.
    /// </summary>
    public static IServiceCollection AddTelemetry(this IServiceCollection services, IConfiguration configuration, DataSyncRole role)
    {
        services.AddSingleton<SyncTelemetry>().AddHostedService(provider => provider.GetRequiredService<SyncTelemetry>());
        var telemetry = services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("datasync-" + role.ToString().ToLowerInvariant(), serviceVersion: typeof(TelemetryServices).Assembly.GetName().Version?.ToString(3)))
            .WithMetrics(metrics => metrics.AddMeter(SyncTelemetry.Name, "Npgsql").AddAspNetCoreInstrumentation()
                // counted several times a request, and nobody asks: which route matched is in the duration, the blocks of the memory pool are in the runtime's memory, and a lease of the rate
                // limiter lasts as long as its request (those that it refused are counted)
                .AddView("aspnetcore.routing.match_attempts", MetricStreamConfiguration.Drop).AddView("aspnetcore.memory_pool.*", MetricStreamConfiguration.Drop)
                .AddView("aspnetcore.rate_limiting.active_request_leases", MetricStreamConfiguration.Drop).AddView("aspnetcore.rate_limiting.request_lease.duration", MetricStreamConfiguration.Drop)
                .AddRuntimeInstrumentation().AddPrometheusExporter());
        if (!string.IsNullOrEmpty(configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
        {
            services.AddSingleton<TracedRequests>();
            services.AddOptions<AspNetCoreTraceInstrumentationOptions>().Configure<TracedRequests>((options, traced) => options.Filter = http => traced.Includes(http.Request));
            telemetry.WithMetrics(metrics => metrics.AddOtlpExporter()).WithTracing(traces => traces
                .AddInstrumentation(static () => new SafeExceptionEvents())
                .AddSource(SyncTelemetry.Name)
                .AddAspNetCoreInstrumentation()
                .AddHttpClientInstrumentation()
                .AddNpgsql()
                .AddOtlpExporter());
        }

        return services;
    }
}
