using DataSync.Benchmarks.Running;
using DataSync.Platform.Audit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace DataSync.Benchmarks.Ours;

/// <summary>The host in this program's own process, so that a part of it can be left out which no setting leaves out.</summary>
internal static class MeasuredHost
{
    public const string Name = "host";

    /// <summary>What is left out.</summary>
    internal enum Lacks
    {
        /// <summary>Nothing.</summary>
        Nothing,

        /// <summary>The audit log.</summary>
        Audit,

        /// <summary>The audit log, and whoever listens to counters.</summary>
        Witnesses,
    }

    /// <summary>What to start a process with.</summary>
    public static string[] Arguments(Lacks lacks) => [SelfProcess.Switch, Name, lacks.ToString()];

    /// <summary>Runs what <c>DATASYNC_ROLE</c> says until standard input ends.</summary>
    public static async Task RunAsync(Lacks lacks, CancellationToken ct)
    {
        var builder = WebApplication.CreateSlimBuilder();
        var role = Enum.Parse<DataSyncRole>(builder.Configuration["DATASYNC_ROLE"]!, ignoreCase: true);
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(role == DataSyncRole.Api ? builder.Configuration["DATASYNC_URLS"]! : "http://127.0.0.1:0");
        builder.Services.AddDataSync(builder.Configuration, role);
        if (lacks is not Lacks.Nothing) builder.Services.AddSingleton(new AuditOptions { IsKept = false });

        // Without a meter that anybody listens to, what counts does nothing.
        if (lacks is Lacks.Witnesses) builder.Services.AddSingleton(_ => Sdk.CreateMeterProviderBuilder().AddPrometheusExporter().Build());
        await using var app = builder.Build();
        app.MapDataSync(role);
        await app.StartAsync(ct);
        await using (var input = Console.OpenStandardInput()) await input.CopyToAsync(Stream.Null, ct);
        await app.StopAsync(ct);
    }
}
