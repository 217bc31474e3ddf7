using DataSync.Jobs.Engine;
using DataSync.Platform.Persistence;
using Hangfire;
using Hangfire.PostgreSql;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace DataSync.Jobs.Hangfire;

internal static class HangfireServices
{
    internal const string Schema = "hangfire";

    /// <summary>Storage on the application's role, which may use Hangfire's tables and not change them.</summary>
    public static IServiceCollection AddHangfireStorage(this IServiceCollection services)
        => services.AddHangfire((provider, hangfire) => hangfire
            .UseLogProvider(new HostLogs(provider.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance))
            .SetDataCompatibilityLevel(CompatibilityLevel.Version_180)
            .UseSimpleAssemblyNameTypeSerializer()
            .UseRecommendedSerializerSettings()
            .UsePostgreSqlStorage(
                storage => storage.UseNpgsqlConnection(ConnectionString(provider)),
                StorageOptions()));

    /// <summary>
    /// How Hangfire uses the database. Its own listening for jobs is off: under load a thread that has fetched a job at times waits for ever for its listener to end,
    /// and the job with it. A dispatcher's own process is woken without it, by a signal in memory; threads of other processes look once a second.
    /// </summary>
    internal static PostgreSqlStorageOptions StorageOptions() => new()
    {
        SchemaName = Schema,
        PrepareSchemaIfNecessary = false,
        EnableLongPolling = false,
        QueuePollInterval = TimeSpan.FromSeconds(1),
        UseSlidingInvisibilityTimeout = true,
        InvisibilityTimeout = TimeSpan.FromMinutes(5),
    };

    /// <summary>The server that executes syncs in this process.</summary>
    public static IServiceCollection AddHangfireWorker(this IServiceCollection services)
    {
        services.AddSingleton(provider => new SyncJobEntry(provider.GetRequiredService<JobChain>()));
        return services.AddHangfireServer((provider, server) =>
        {
            server.Queues = [SyncJobEntry.Queue];
            server.WorkerCount = provider.GetRequiredService<EngineOptions>().WorkerThreads;
            server.ShutdownTimeout = TimeSpan.FromSeconds(15);
            server.SchedulePollingInterval = TimeSpan.FromSeconds(5);
        });
    }

    /// <summary>
    /// Hangfire carries jobs to threads; what is to run is told by our own tables, and what a crash of the database server takes from Hangfire's is handed out
    /// again. So its commits wait for no disk.
    /// </summary>
    private static string ConnectionString(IServiceProvider provider)
    {
        var connection = new NpgsqlConnectionStringBuilder(provider.GetRequiredService<DatabaseOptions>().Connection)
        {
            ApplicationName = "datasync-hangfire",
            MaxPoolSize = provider.GetRequiredService<EngineOptions>().WorkerThreads + 20,
        };
        connection.Options = $"{connection.Options} -c synchronous_commit=off".TrimStart();
        return connection.ConnectionString;
    }
}
