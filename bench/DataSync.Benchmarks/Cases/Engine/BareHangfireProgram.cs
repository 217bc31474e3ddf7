using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using DataSync.Jobs.Hangfire;
using Hangfire;
using Hangfire.PostgreSql;
using Hangfire.States;
using Npgsql;

namespace DataSync.Benchmarks.Cases.Engine;

/// <summary>The limit of case <c>engine</c>, as a process of its own: jobs that do nothing, by Hangfire alone, stored and fetched as the engine has Hangfire do it.</summary>
public static class BareHangfireProgram
{
    internal const string Name = "bare-hangfire";
    private const string Queue = "noop";
    private static readonly ConcurrentQueue<long> Ended = new();

    /// <summary>What Hangfire calls.</summary>
    public static void Nothing() => Ended.Enqueue(Stopwatch.GetTimestamp());

    /// <summary>Queues the jobs, then lets them run; writes how many a second went through.</summary>
    internal static async Task RunAsync(string jobs, string threads, string result, CancellationToken ct)
    {
        var (count, workers) = (int.Parse(jobs, CultureInfo.InvariantCulture), int.Parse(threads, CultureInfo.InvariantCulture));
        var connection = new NpgsqlConnectionStringBuilder(Environment.GetEnvironmentVariable("DATASYNC_CONNECTION")) { MaxPoolSize = workers + 20 }.ConnectionString;
        GlobalConfiguration.Configuration.SetDataCompatibilityLevel(CompatibilityLevel.Version_180).UseSimpleAssemblyNameTypeSerializer().UseRecommendedSerializerSettings();
        var storage = new PostgreSqlStorage(new Hangfire.PostgreSql.Factories.NpgsqlConnectionFactory(connection, HangfireServices.StorageOptions()), HangfireServices.StorageOptions());
        var client = new BackgroundJobClient(storage);
        Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = workers, CancellationToken = ct }, _ => client.Create(() => Nothing(), new EnqueuedState(Queue)));
        using (var server = new BackgroundJobServer(new BackgroundJobServerOptions { Queues = [Queue], WorkerCount = workers }, storage))
        {
            while (Ended.Count < count) await Task.Delay(20, ct);
        }

        long[] ends = [.. Ended.Order()];
        var rate = JobRate.Of([.. ends.Select(e => (e - ends[0]) / (double)Stopwatch.Frequency)]);
        await File.WriteAllTextAsync(result, rate.ToString("R", CultureInfo.InvariantCulture), ct);
    }
}
