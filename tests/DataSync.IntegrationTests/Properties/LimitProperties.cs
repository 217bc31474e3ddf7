using DataSync.IntegrationTests.Jobs;
using DataSync.IntegrationTests.Postgres;
using DataSync.Jobs;
using DataSync.Jobs.Engine;
using DataSync.Pipeline;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace DataSync.IntegrationTests.Properties;

/// <summary>The limit on running jobs, on a real database, with several machines' dispatchers at work at once.</summary>
public sealed class LimitProperties(SystemDatabase database) : IClassFixture<SystemDatabase>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    // Feature: data-sync-pipeline, Property 31: For any tenant attempting to run more than the configured maximum concurrent jobs, the system should queue or reject
    // additional jobs until running jobs complete.
    [Property(MaxTest = 100)]
    [Trait("Property", "31")]
    public Property Jobs_beyond_the_limit_wait_until_others_end_and_all_of_them_run()
        => Prop.ForAll(
            (from limit in Gen.Choose(1, 4)
             from threads in Gen.Choose(1, 6)
             from jobs in Gen.Choose(0, 9).NonEmptyListOf()
             from seed in Gen.Choose(0, int.MaxValue - 1)
             select (limit, threads, jobs: jobs.Take(3).ToArray(), seed)).ToArbitrary(),
            async given =>
            {
                var random = new Random(given.seed);
                await using var engine = await EngineRig.StartAsync(database, new EngineOptions { MaxConcurrentJobsPerTenant = given.limit }, new ScriptedSource((_, _) => throw new NotSupportedException()), null, Ct);
                var rig = new DispatchRig(database, engine);
                HandOut[] machines = [rig.New(given.threads), rig.New(given.threads), rig.New(given.threads)];
                Dictionary<string, List<Guid>> order = [];
                for (var t = 0; t < given.jobs.Length; t++)
                {
                    var tenant = $"{t} {Guid.NewGuid():n}";
                    order[tenant] = [];
                    for (var i = 0; i < given.jobs[t]; i++) order[tenant].Add(await engine.QueueAsync(tenant, Ct));
                }

                List<SyncRun> running = [];
                List<Guid> ended = [];
                var all = given.jobs.Sum();
                for (var step = 0; ended.Count < all; step++)
                {
                    Assert.True(step < 20 * (all + 1), $"{ended.Count} of {all} jobs ran in {step} steps.");
                    await Task.WhenAll(machines.Select((machine, m) => (given.seed + step) % 4 == m ? rig.NextAsync(machine, Ct) : rig.DispatchAsync(machine, Ct)));
                    foreach (var tenant in order.Keys)
                    {
                        var busy = await engine.ScalarAsync<long>("SELECT count(*) FROM sync_jobs WHERE tenant_id = $1 AND (status = 'running' OR (status = 'queued' AND dispatched_at IS NOT NULL))", Ct, tenant);
                        Assert.True(busy <= given.limit, $"{busy} jobs of a tenant at once, where {given.limit} may be.");
                    }

                    while (rig.HandedOut.TryDequeue(out var job))
                    {
                        if (await engine.Leases.ClaimAsync(job.Tenant, job.Job, Ct) is { } claim) running.Add(TestJobs.Attempt(job.Tenant, "s", job.Job, claim.Fence, claim.Plan, claim.Checkpoint));
                    }

                    Assert.True(running.Count <= given.limit * given.jobs.Length);
                    foreach (var run in running.Where(_ => random.Next(2) == 0).ToList())
                    {
                        Assert.True(await engine.Outcomes.EndAsync(run, JobStatus.Completed, null, null, TimeSpan.Zero, Ct));
                        running.Remove(run);
                        ended.Add(run.JobId);
                    }
                }

                Assert.Equal(order.Values.SelectMany(o => o).Order(), ended.Order());
                Assert.Equal(0, await engine.ScalarAsync<int>("SELECT coalesce(sum(queued), 0)::int FROM tenant_queues WHERE tenant_id = ANY($1)", Ct, (object)order.Keys.ToArray()));
            });
}
