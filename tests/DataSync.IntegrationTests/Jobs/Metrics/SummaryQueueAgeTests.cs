using DataSync.IntegrationTests.Postgres;
using DataSync.Jobs;
using DataSync.Jobs.Engine.Waiting;
using DataSync.Jobs.Inline;
using DataSync.Jobs.Metrics;
using DataSync.Jobs.Retry;
using DataSync.Pipeline;

namespace DataSync.IntegrationTests.Jobs.Metrics;

/// <summary>A tenant's own view of its queue: how long the oldest job of it has been in it, by whatever way it came there.</summary>
public sealed class SummaryQueueAgeTests(SystemDatabase database) : IClassFixture<SystemDatabase>
{
    private readonly string _tenant = $"t {Guid.NewGuid():n}";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Queue_age_is_that_of_the_tenants_oldest_queued_job_and_null_for_an_empty_queue()
    {
        await using var engine = await StartAsync();
        await AgeAsync(engine, await engine.QueueAsync("somebody else", Ct), "1 day");
        Assert.Equal(new TenantLoad(0, 0, 0, null), await NowAsync(engine));
        Assert.NotNull(await engine.ClaimAsync(_tenant, await engine.QueueAsync(_tenant, Ct), Ct));
        Assert.Equal(new TenantLoad(1, 0, 0, null), await NowAsync(engine));
        await AgeAsync(engine, await engine.QueueAsync(_tenant, Ct), "10 seconds");
        await AgeAsync(engine, await engine.QueueAsync(_tenant, Ct), "100 seconds");
        var now = await NowAsync(engine);
        Assert.Equal((1, 2), (now.Running, now.Queued));
        Assert.InRange(now.QueueAgeSeconds!.Value, 100, 160);
    }

    [Theory]
    [InlineData("retried"), InlineData("woken"), InlineData("rung"), InlineData("handed over")]
    public async Task Job_that_came_back_into_the_queue_has_been_in_it_since_then(string how)
    {
        await using var engine = await StartAsync();
        await engine.ScalarAsync<object>(
            """
            INSERT INTO data_source_configs (tenant_id, id, source_id, source_name, source_type, connection_params, extraction_params, sync, is_active, created_at, updated_at, created_by, version)
            VALUES ($1, gen_random_uuid(), 's', 's', 'database', '{}', '{}', '{}', true, now(), now(), '', 1)
            """, Ct, _tenant);
        var run = await engine.Jobs.RunningAsync(_tenant, "s", new SyncPlan(), Ct);
        await AgeAsync(engine, run.JobId, "1 hour");
        if (how == "retried") await engine.ScalarAsync<object>("UPDATE sync_jobs SET status = 'failed', completed_at = now() WHERE id = $1", Ct, run.JobId);
        else if (how != "handed over") await engine.ScalarAsync<object>("UPDATE sync_jobs SET status = 'waiting', not_before = now() - interval '1 second' WHERE id = $1", Ct, run.JobId);
        switch (how)
        {
            case "retried":
                Assert.NotNull(await new JobRetry(engine.Jobs.Tenants, engine.Manager, engine.Options).RetryAsync(_tenant, run.JobId, Ct));
                break;
            case "woken":
                Assert.True(await engine.Waiting.WakeAsync(Ct) > 0);
                break;
            case "rung":
                Assert.True(await new WaitingBell(engine.Jobs.Tenants).RingAsync(_tenant, run.JobId, Ct));
                break;
            default:
                await using (var transaction = await engine.Jobs.Tenants.BeginAsync(_tenant, Ct))
                {
                    await InlineJobs.HandOverAsync(transaction.Connection, run, 0, Ct);
                    await transaction.CommitAsync(Ct);
                }

                break;
        }

        var now = await NowAsync(engine);
        Assert.Equal((0, 1, 0), (now.Running, now.Queued, now.Waiting));
        Assert.InRange(now.QueueAgeSeconds!.Value, 0, 60);
    }

    private Task<EngineRig> StartAsync() => EngineRig.StartAsync(database, new EngineOptions(), new ScriptedSource((_, _) => throw new NotSupportedException()), null, Ct);

    private async Task<TenantLoad> NowAsync(EngineRig engine) => (await new SummaryStore(engine.Jobs.Tenants).ReadAsync(_tenant, new SummaryWindow(TimeSpan.FromHours(1)), Ct)).Now;

    private static Task<object> AgeAsync(EngineRig engine, Guid job, string age) => engine.ScalarAsync<object>($"UPDATE sync_jobs SET created_at = now() - interval '{age}' WHERE id = $1", Ct, job);
}
