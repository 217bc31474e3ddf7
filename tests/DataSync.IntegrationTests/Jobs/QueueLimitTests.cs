using DataSync.IntegrationTests.Postgres;
using DataSync.Jobs;
using DataSync.Jobs.Start;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Authentication;

namespace DataSync.IntegrationTests.Jobs;

/// <summary>The bounded queue of a tenant, under many starts at once.</summary>
public sealed class QueueLimitTests(SystemDatabase database) : IClassFixture<SystemDatabase>
{
    private const int Limit = 7;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Starts_at_once_fill_the_queue_to_its_limit_exactly_and_the_rest_is_told_when_to_come_back()
    {
        var (tenant, manager) = await PrepareAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => TryAsync(manager, tenant)));
        Assert.Equal(Limit, answers.Count(a => a is null));
        Assert.All(answers.OfType<SyncFailure>(), refused =>
        {
            Assert.Equal("errors.job.queue_full", refused.MessageKey);
            Assert.Equal(TimeSpan.FromSeconds(30), refused.RetryAfter);
        });
        Assert.Equal(Limit, (await manager.ListAsync(tenant, "queued", null, null, 100, Ct)).Count);
    }

    [Fact]
    public async Task Place_in_the_queue_is_shown_and_moves_up()
    {
        var (tenant, manager) = await PrepareAsync();
        List<Guid> jobs = [];
        for (var i = 1; i <= 3; i++)
        {
            var started = await manager.StartAsync(By(tenant), new StartCommand("s", new SyncPlan()), null, Ct);
            Assert.Equal(i, started.QueuePosition);
            jobs.Add(started.Job.Id);
            await Task.Delay(2, Ct); // ids are ordered by the millisecond
        }

        Assert.True(await manager.CancelAsync(tenant, jobs[0], Ct));
        Assert.Equal([null, 1L, 2L], [.. await Task.WhenAll(jobs.Select(async id => (await manager.FindDetailsAsync(tenant, id, Ct))!.QueuePosition))]);
        Assert.Equal([2L, 1L, null], (await manager.ListAsync(tenant, null, null, null, 10, Ct)).Select(d => d.QueuePosition));
    }

    private async Task<(string Tenant, SyncManager Manager)> PrepareAsync()
    {
        var tenant = $"queue {Guid.NewGuid():n}";
        await using var source = database.Superuser.CreateCommand($$"""
            INSERT INTO data_source_configs (tenant_id, id, source_id, source_name, source_type, connection_params, extraction_params, sync, is_active, created_at, updated_at, created_by, version)
            VALUES ('{{tenant}}', gen_random_uuid(), 's', 's', 'database', '{}', '{}', '{}', true, now(), now(), '', 1)
            """);
        await source.ExecuteNonQueryAsync(Ct);
        return (tenant, new SyncManager(new TestJobs(database).Tenants, new EngineOptions { MaxQueuedJobsPerTenant = Limit }, TimeProvider.System));
    }

    private static async Task<SyncFailure?> TryAsync(SyncManager manager, string tenant)
    {
        try
        {
            await manager.StartAsync(By(tenant), new StartCommand("s", new SyncPlan()), null, Ct);
            return null;
        }
        catch (SyncFailureException refused)
        {
            return refused.Failure;
        }
    }

    private static Caller By(string tenant) => new(tenant, "tester", "en-US", new HashSet<string>(), "c");
}
