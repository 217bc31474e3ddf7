using Microsoft.Extensions.Configuration;
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
        builder.Services.AddSerilog(logs => logs
            .MinimumLevel.Is(Level(builder.Configuration))
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

    private static LogEventLevel Level(IConfiguration configuration)
        => Enum.TryParse<LogEventLevel>(configuration["DATASYNC_LOG_LEVEL"], ignoreCase: true, out var level) ? level : LogEventLevel.Information;
}
