using DataSync.IntegrationTests.Jobs.Metrics;
using DataSync.IntegrationTests.Postgres;
using DataSync.Jobs;
using DataSync.Jobs.Metrics;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace DataSync.IntegrationTests.Properties;

/// <summary>A tenant's summary, on a real database and by the real trigger, beside what the same jobs come to when they are counted by hand.</summary>
public sealed class SummaryProperties(SystemDatabase database) : IClassFixture<SystemDatabase>
{
    private static readonly string[] Keys = ["errors.connection.refused", "errors.job.timeout", "errors.record.schema"];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static Gen<EndedJob> Jobs
        => from status in Gen.Frequency((5, Gen.Constant(JobStatus.Completed)), (3, Gen.Constant(JobStatus.Failed)), (1, Gen.Constant(JobStatus.Cancelled)))
           from source in Gen.Choose(0, 1)
           from ago in Gen.Choose(0, 20)
           from ms in Gen.OneOf(Gen.Choose(0, 3), Gen.Choose(0, 2_000_000))
           from records in Gen.Choose(0, 1_000_000)
           from rejected in Gen.Choose(0, 50)
           from cost in Gen.OneOf(Gen.Constant(0), Gen.Choose(1, 5_000_000))
           from key in Gen.Elements(Keys)
           from retried in Gen.Frequency((4, Gen.Constant(false)), (1, Gen.Constant(true)))
           select new EndedJob($"s{source}", status, ago, ms, records, rejected, records * 7L, cost, key, retried && status != JobStatus.Completed);

    // Feature: data-sync-pipeline, Property 21: For any tenant requesting sync metrics, the returned statistics should only include data from that tenant's sync jobs, and should
    // accurately reflect success rate, average duration, and error rate.
    [Property(MaxTest = 100)]
    [Trait("Property", "21")]
    public Property Summary_counts_the_tenants_jobs_of_the_window_and_no_others()
        => Prop.ForAll(
            (from tenants in Jobs.ListOf().Select(l => l.Take(12).ToArray()).ArrayOf(2)
             from length in Gen.Choose(1, 21)
             from until in Gen.Choose(0, 8)
             from source in Gen.Elements(null, "s0", "s1")
             select (tenants, length, until, source)).ToArbitrary(),
            async given =>
            {
                var store = new SummaryStore(new TestJobs(database).Tenants);
                var end = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
                var window = new SummaryWindow(TimeSpan.FromMinutes(given.length), end.AddMinutes(-given.until), given.source);
                var names = given.tenants.Select((_, i) => $"{i} {Guid.NewGuid():n}").ToArray();
                foreach (var (tenant, jobs) in names.Zip(given.tenants)) await EndedJobs.StoreAsync(database, tenant, jobs, end, Ct);
                foreach (var (tenant, jobs) in names.Zip(given.tenants))
                {
                    var counted = jobs.Where(j => !j.IsRetried && j.MinutesAgo > given.until && j.MinutesAgo <= given.until + given.length && (given.source is null || j.SourceId == given.source)).ToList();
                    var summary = await store.ReadAsync(tenant, window, Ct);
                    var (completed, failed) = (counted.Where(j => j.Status == JobStatus.Completed).ToList(), counted.Where(j => j.Status == JobStatus.Failed).ToList());
                    Assert.Equal((completed.Count, failed.Count, counted.Count - completed.Count - failed.Count), (summary.Completed, summary.Failed, summary.Cancelled));
                    var judged = completed.Count + failed.Count;
                    Assert.Equal(judged == 0 ? null : (double)completed.Count / judged, summary.SuccessRate);
                    Assert.Equal(judged == 0 ? null : (double)failed.Count / judged, summary.ErrorRate);
                    Assert.Equal(completed.Count == 0 ? -1 : completed.Average(j => j.DurationMs), summary.AverageMs ?? -1, 1e-6);
                    Assert.Equal(Percentiles([.. completed.Select(j => (long)j.DurationMs).Order()]), summary.PercentilesMs);
                    Assert.Equal((counted.Sum(j => (long)j.Records), counted.Sum(j => (long)j.Rejected), counted.Sum(j => j.Bytes), counted.Sum(j => (long)j.CostMicros)), (summary.Records, summary.Rejected, summary.Bytes, summary.LlmCostMicros));
                    Assert.Equal(
                        failed.GroupBy(j => j.ErrorKey, StringComparer.Ordinal).Select(g => (g.Key, Jobs: (long)g.Count())).OrderByDescending(e => e.Jobs).ThenBy(e => e.Key, StringComparer.Ordinal), summary.Errors);
                    Assert.Equal((0, jobs.Count(j => j.IsRetried), 0), (summary.Now.Running, summary.Now.Queued, summary.Now.Waiting));
                }
            });

    private static long[] Percentiles(long[] sorted)
        => sorted.Length == 0 ? [] : [.. new[] { 0.5, 0.9, 0.95, 0.99, 1 }.Select(p => sorted[(int)Math.Ceiling(p * sorted.Length) - 1])];
}
