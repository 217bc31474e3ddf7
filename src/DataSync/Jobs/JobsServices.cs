using DataSync.Jobs.Engine;
using DataSync.Jobs.Engine.Waiting;
using DataSync.Jobs.ExportAgain;
using DataSync.Jobs.Hangfire;
using DataSync.Jobs.Inline;
using DataSync.Jobs.Metrics;
using DataSync.Jobs.Replay;
using DataSync.Jobs.Retry;
using DataSync.Jobs.Schedules;
using DataSync.Jobs.Slots;
using DataSync.Jobs.Start;
using DataSync.Jobs.Status;
using DataSync.Jobs.Webhooks;
using DataSync.Pipeline;
using DataSync.Pipeline.Enriching;
using DataSync.Pipeline.Privacy;
using DataSync.Pipeline.Replay;
using DataSync.Platform.Monitoring;
using DataSync.Platform.Settings;
using Hangfire;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync.Jobs;

internal static class JobsServices
{
    /// <summary>What both roles need: options, the truth about jobs, the session that leases name, runs in this process, Hangfire's storage.</summary>
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
            Lease = TimeSpan.FromSeconds(settings.Int("DATASYNC_LEASE_SECONDS", 30, 3, 600)),
            LogLagWarningBytes = settings.Int("DATASYNC_LOG_LAG_WARNING_MB", 1024, 1, 1_048_576) * 1024L * 1024,
            WorkerThreads = settings.Int("DATASYNC_WORKER_THREADS", 8, 1, 64),
        });
        services.AddSingleton(new InlineOptions
        {
            MaxRuns = settings.Int("DATASYNC_REALTIME_MAX_RUNS", 32, 1, 10_000),
            MaxWaiting = settings.Int("DATASYNC_REALTIME_MAX_WAITING", 256, 0, 100_000),
            Wait = TimeSpan.FromSeconds(settings.Int("DATASYNC_REALTIME_WAIT_SECONDS", 10, 0, 300)),
            BatchBytes = BatchBytes(new SettingsReader(configuration)),
        });
        services.AddSingleton(new SlotOptions { Pace = TimeSpan.FromSeconds(settings.Int(SlotOptions.Setting, 300, 5, 86_400)) });
        services.AddSingleton<SlotLook>();
        services.AddWebhooks(settings);
        services.AddSingleton(new SettingsFaults(settings.Faults));
        services.AddSingleton<SyncManager>();
        services.AddSingleton<JobRetry>();
        services.AddSingleton<ReplayStart>();
        services.AddSingleton<ExportAgainStart>();
        services.AddSingleton<FindExportsAgain>(provider => provider.GetRequiredService<SyncManager>().ExportsAgainAsync);
        services.AddSingleton<ExportRewrite>();
        services.AddSingleton<RewriteExport>(provider => provider.GetRequiredService<ExportRewrite>().RewriteAsync);
        services.AddSingleton<DropExport>(provider => provider.GetRequiredService<ExportRewrite>().DropAsync);
        services.AddSingleton<PlanReader>();
        services.AddSingleton<JobViews>();
        services.AddSingleton<SummaryStore>();
        services.AddSingleton<JobExists>(provider => async (tenant, job, ct)
            => await provider.GetRequiredService<SyncManager>().FindAsync(tenant, job, ct) is not null);
        services.AddSingleton<WaitingBell>();
        services.AddSingleton<RingJob>(provider => provider.GetRequiredService<WaitingBell>().RingAsync);
        services.AddSingleton<FindJobState>(provider => async (tenant, job, ct)
            => await provider.GetRequiredService<SyncManager>().FindAsync(tenant, job, ct) is { } found ? (found.Mode, found.Status) : null);
        services.AddSingleton<WorkerSession>();
        services.AddHostedService(provider => provider.GetRequiredService<WorkerSession>());
        services.AddSingleton<JobLease>();
        services.AddSingleton<PipelineRunner>();
        services.AddInlineRuns();
        services.AddSchedules(configuration);
        services.AddHangfireStorage();
        return services;
    }

    /// <summary>What a worker runs: the dispatcher, and Hangfire's server.</summary>
    public static IServiceCollection AddJobWorker(this IServiceCollection services)
    {
        services.AddSingleton<JobOutcome>();
        services.AddSingleton<Heartbeat>();
        services.AddSingleton<JobRunner>();
        services.AddSingleton(provider => new WorkerCapacity(
            () => provider.GetRequiredService<JobStorage>().GetMonitoringApi().Servers(), provider.GetRequiredService<EngineOptions>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<DispatchTurn>();
        services.AddSingleton<HandOut>();
        services.AddSingleton<JobChain>();
        services.AddHostedService<Dispatcher>();
        services.AddHostedService<WaitingJobs>();
        services.AddHostedService<QueueGauges>();
        services.AddHostedService<SlotWatch>();
        services.AddScheduler();
        services.AddSingleton<IReadinessCheck, WorkerReadiness>();
        services.AddWebhookWorker();
        services.AddHangfireWorker();
        return services;
    }

    /// <summary>A sixteenth of what a tenant may hold in memory. Faults in these settings are the process room's to tell.</summary>
    private static int BatchBytes(SettingsReader settings)
        => (int)Math.Clamp(settings.Int("SYNC_REALTIME_MAX_MEMORY_MB", 100, 1, 1_048_576) * 1024L * 1024 / 100 * settings.Int("DATASYNC_REALTIME_TENANT_SHARE", 50, 1, 100) / 16, 16 * 1024, 128 * 1024);
}
