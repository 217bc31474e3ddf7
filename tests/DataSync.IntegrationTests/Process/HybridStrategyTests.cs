using System.Diagnostics.Metrics;
using System.Text.Json;
using DataSync.IntegrationTests.Postgres;
using DataSync.Pipeline;
using DataSync.Pipeline.Routing;
using DataSync.Process.Hybrid;
using DataSync.Process.Realtime;
using DataSync.Refine.Rules;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync.IntegrationTests.Process;

/// <summary>Attempts at one hybrid job that meet in one process.</summary>
public sealed class HybridStrategyTests(SystemDatabase database) : IClassFixture<SystemDatabase>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Attempt_begins_and_keeps_its_records_while_the_one_that_lost_the_job_still_holds_its_own()
    {
        await using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using var memory = new RealtimeMemory(new RealtimeOptions(), services.GetRequiredService<IMeterFactory>(), TimeProvider.System);
        var jobs = new TestJobs(database);
        var strategy = new HybridStrategy(jobs.Tenants, memory, RecordConditions.Compile, TimeProvider.System);
        var plan = new SyncPlan { Mode = SyncModes.Hybrid, Routing = new RoutingPlan { Rules = [new RoutingRule(JsonElement.Parse("""{"==":[{"var":"a"},1]}"""), SyncModes.Realtime)] } };
        string[] documents = ["""{"a":1}""", """{"a":2}""", """{"a":1,"b":2}"""];
        var first = await jobs.RunningAsync("twice", "source", plan, Ct);
        await strategy.StoreAsync(first, Batches.Of(documents, 2, static _ => { }, Ct), Ct);
        await using (var claim = database.Superuser.CreateCommand("UPDATE sync_jobs SET fence = 2 WHERE id = $1"))
        {
            claim.Parameters.Add(new() { Value = first.JobId });
            await claim.ExecuteNonQueryAsync(Ct);
        }

        var second = TestJobs.Attempt("twice", "source", first.JobId, 2, plan, new Checkpoint());
        await strategy.ResetAsync(second, Ct);
        await strategy.StoreAsync(second, Batches.Of(documents, 2, static _ => { }, Ct), Ct);
        strategy.Release(first);
        Assert.Equal(documents, (await Batches.ToListAsync(strategy.ReadAsync(second, Ct), Ct)).Select(r => r.Raw));
        strategy.Release(second);
        Assert.Equal(0, memory.Held);
    }
}
