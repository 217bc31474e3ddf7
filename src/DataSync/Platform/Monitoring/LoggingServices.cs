using DataSync.Platform.Settings;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Serilog;
using Serilog.Events;
using Serilog.Formatting.Compact;

namespace DataSync.Platform.Monitoring;

/// <summary>Logs as JSON lines on standard output.</summary>
internal static class LoggingServices
{
    /// <summary>
    /// Our own events from Information on (<c>DATASYNC_LOG_LEVEL</c>), everybody else's from Warning on: Npgsql would log statements, Hangfire arguments.
    /// </summary>
    public static IHostApplicationBuilder AddJsonLogs(this IHostApplicationBuilder builder, DataSyncRole role)
    {
        var settings = new SettingsReader(builder.Configuration);
        var level = settings.Name("DATASYNC_LOG_LEVEL", LogEventLevel.Information);
        builder.Services.AddSingleton(new SettingsFaults(settings.Faults));
        builder.Services.AddSerilog(logs => logs
            .MinimumLevel.Is(level)
            .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
            .MinimumLevel.Override("Microsoft.Hosting.Lifetime", LogEventLevel.Information)
            .MinimumLevel.Override("Microsoft.EntityFrameworkCore", LogEventLevel.Error)
            .MinimumLevel.Override("System", LogEventLevel.Warning)
            .MinimumLevel.Override("Npgsql", LogEventLevel.Error)
            .MinimumLevel.Override("Hangfire", LogEventLevel.Warning)
            .Enrich.FromLogContext()
            .Enrich.WithProperty("Role", role.ToString().ToLowerInvariant())
            .WriteTo.Sink(new SafeExceptionSink(new RenderedCompactJsonFormatter(), Console.Out)));
        return builder;
    }
}
