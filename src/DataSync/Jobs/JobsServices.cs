using DataSync.Jobs.Engine;
using DataSync.Jobs.Hangfire;
using DataSync.Jobs.Retry;
using DataSync.Jobs.Start;
using DataSync.Jobs.Status;
using DataSync.Pipeline;
using DataSync.Platform.Monitoring;
using DataSync.Platform.Settings;
using Hangfire;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync.Jobs;

internal static class JobsServices
{
    /// <summary>What both roles need: options, the truth about jobs, Hangfire's storage.</summary>
    public static IServiceCollection AddJobs(this IServiceCollection services, IConfiguration configuration)
    {
        var settings = new SettingsReader(configuration);
        services.AddSingleton(new EngineOptions
        {
            MaxConcurrentJobsPerTenant = settings.Int("SYNC_MAX_CONCURRENT_JOBS_PER_TENANT", 5, 1, 1000),
            DefaultBatchSize = settings.Int("SYNC_DEFAULT_BATCH_SIZE", 1000, 1, 100_000),
            DefaultTimeoutSeconds = settings.Int("SYNC_DEFAULT_TIMEOUT_SECONDS", 300, 1, 86_400),
            MaxQueuedJobsPerTenant = settings.Int("DATASYNC_MAX_QUEUED_JOBS_PER_TENANT", 10_000, 1, 1_000_000),
            MaxFruitlessAttempts = settings.Int("DATASYNC_MAX_FRUITLESS_ATTEMPTS", 5, 1, 10_000),
            MaxFruitfulAttempts = settings.Int("DATASYNC_MAX_FRUITFUL_ATTEMPTS", 1000, 1, 1_000_000),
            Drain = TimeSpan.FromSeconds(settings.Int("DATASYNC_DRAIN_SECONDS", 8, 0, 10)),
            WorkerThreads = settings.Int("DATASYNC_WORKER_THREADS", 4, 1, 64),
        });
        services.AddSingleton(new SettingsFaults(settings.Faults));
        services.AddSingleton<SyncManager>();
        services.AddSingleton<JobRetry>();
        services.AddSingleton<PlanReader>();
        services.AddSingleton<JobViews>();
        services.AddSingleton<JobExists>(provider => async (tenant, job, ct)
            => await provider.GetRequiredService<SyncManager>().FindAsync(tenant, job, ct) is not null);
        services.AddHangfireStorage();
        return services;
    }

    /// <summary>What a worker runs: its session, the dispatcher, and Hangfire's server.</summary>
    public static IServiceCollection AddJobWorker(this IServiceCollection services)
    {
        services.AddSingleton<WorkerSession>();
        services.AddHostedService(provider => provider.GetRequiredService<WorkerSession>());
        services.AddSingleton<JobLease>();
        services.AddSingleton<JobOutcome>();
        services.AddSingleton<PipelineRunner>();
        services.AddSingleton<Heartbeat>();
        services.AddSingleton<JobRunner>();
        services.AddSingleton(provider => new WorkerCapacity(
            () => provider.GetRequiredService<JobStorage>().GetMonitoringApi().Servers(), provider.GetRequiredService<EngineOptions>(), provider.GetRequiredService<TimeProvider>()));
        services.AddHostedService<Dispatcher>();
        services.AddSingleton<IReadinessCheck, WorkerReadiness>();
        services.AddHangfireWorker();
        return services;
    }
}
