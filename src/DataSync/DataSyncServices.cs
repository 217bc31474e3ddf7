using DataSync.Alerts;
using DataSync.Alerts.Channels;
using DataSync.Alerts.Conditions;
using DataSync.Export;
using DataSync.Export.Compression;
using DataSync.Extract;
using DataSync.Extract.Push.Signatures;
using DataSync.Jobs;
using DataSync.Pipeline;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Enriching;
using DataSync.Pipeline.Privacy;
using DataSync.Pipeline.Push;
using DataSync.Platform.Audit;
using DataSync.Platform.Authentication.ApiKeys;
using DataSync.Platform.Caching;
using DataSync.Platform.Encryption;
using DataSync.Platform.Http;
using DataSync.Platform.Http.Idempotency;
using DataSync.Platform.Monitoring;
using DataSync.Platform.Persistence;
using DataSync.Platform.Tenancy.Settings;
using DataSync.Privacy;
using DataSync.Privacy.Subjects.Stores;
using DataSync.Process;
using DataSync.Refine;
using DataSync.Refine.Ai;
using DataSync.Sources;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace DataSync;

/// <summary>The table of contents: a line per room.</summary>
public static class DataSyncServices
{
    /// <summary>Registers everything a process in this role needs. Settings are read by their environment names; faults in them are told by <see cref="DataSyncStart"/>.</summary>
    public static IServiceCollection AddDataSync(this IServiceCollection services, IConfiguration configuration, DataSyncRole role)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddTelemetry(configuration, role);
        services.AddPersistence(configuration);
        services.AddEncryption(configuration);
        services.AddConfigurationCache(configuration);
        services.AddAudit(configuration);
        services.AddTenantSettings(configuration);
        services.AddApiKeys(configuration);
        services.AddPlatformHttp(configuration);
        services.AddSingleton<IdempotencyStore, PostgresIdempotencyStore>();
        services.AddSources(configuration);
        services.AddExtract(configuration);
        services.AddProcess(configuration);
        services.AddRefine(configuration);
        services.AddExport(configuration);
        services.AddJobs(configuration);
        services.AddAlerts(configuration);
        services.AddPrivacy();
        if (role.HasFlag(DataSyncRole.Worker))
        {
            services.AddJobWorker();
            services.AddAiWorker();
            services.AddAlertWorker();
            services.AddPrivacyWorker();
            services.AddHostedService(provider => provider.GetRequiredService<LeafKeeper>());
            services.AddHostedService<IdempotencySweeper>();
        }

        return services
            .AddEvery<IConnector>().AddEvery<IPushConnector>().AddEvery<ISignatureScheme>().AddEvery<IRecordSource>().AddEvery<IRefiner>().AddEvery<IEnricher>().AddEvery<IProcessingStrategy>()
            .AddEvery<IStage>().AddEvery<IExporter>().AddEvery<IFileCompression>().AddEvery<IPlanSection>()
            .AddEvery<IAlertCondition>().AddEvery<IChannelSender>().AddEvery<IForgetsRecords>().AddEvery<IHoldsSubjects>();
    }

    /// <summary>Logs as JSON lines, without exceptions' messages, which may quote a customer's data.</summary>
    public static IHostApplicationBuilder AddDataSyncLogs(this IHostApplicationBuilder builder, DataSyncRole role) => builder.AddJsonLogs(role);

    /// <summary>Registers every implementation of an extension point in this assembly, so that adding one is adding its folder.</summary>
    private static IServiceCollection AddEvery<T>(this IServiceCollection services) where T : class
    {
        foreach (var type in typeof(DataSyncServices).Assembly.GetTypes().Where(t => t is { IsClass: true, IsAbstract: false } && t.IsAssignableTo(typeof(T))).OrderBy(t => t.FullName, StringComparer.Ordinal))
        {
            services.AddSingleton(typeof(T), type);
        }

        return services;
    }
}
