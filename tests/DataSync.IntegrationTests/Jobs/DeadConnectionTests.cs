using DataSync.IntegrationTests.Postgres;
using DataSync.Jobs;
using DataSync.Pipeline;
using DataSync.Platform.Tenancy;

namespace DataSync.IntegrationTests.Jobs;

/// <summary>Connections that die in the pool, or while somebody else has them by now.</summary>
public sealed class DeadConnectionTests(SystemDatabase database) : IClassFixture<SystemDatabase>
{
    private const string End =
        """
        SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND state = 'idle' AND pid <> ALL (SELECT lease_pid FROM sync_jobs WHERE lease_pid IS NOT NULL)
        """;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Job_whose_end_is_stored_over_a_dead_connection_ends_all_the_same()
    {
        EngineRig? rig = null;
        var ended = 0L;
        var export = new EndingExport(async () => ended = await rig!.ScalarAsync<long>(End, Ct));
        await using var own = rig = await EngineRig.StartAsync(database, new EngineOptions { Heartbeat = TimeSpan.FromMinutes(1) }, new ScriptedSource((_, _) => OneAsync()), export, Ct);
        var job = await rig.QueueAsync("dead", Ct);
        await rig.RunAsync("dead", job, CancellationToken.None);
        Assert.True(ended > 0);
        Assert.Equal(JobStatus.Completed, await rig.StatusAsync(job, Ct));
    }

    [Fact]
    public async Task EndWriter_leaves_the_connection_to_whoever_has_it_by_now()
    {
        await using var rig = await EngineRig.StartAsync(database, new EngineOptions(), new ScriptedSource((_, _) => OneAsync()), null, Ct);
        var run = await rig.Jobs.RunningAsync("writer", "s", new SyncPlan(), Ct);
        int writer;
        await using (var connection = await rig.Jobs.Tenants.ConnectAsync("writer", Ct))
        {
            await using var transaction = await connection.BeginAsync(Ct);
            await run.RegisterWriter(connection.Connection, Ct);
            await transaction.CommitAsync(Ct);
            writer = connection.Connection.ProcessID;
        }

        var taken = new List<TenantConnection>();
        try
        {
            do taken.Add(await rig.Jobs.Tenants.ConnectAsync("other", Ct));
            while (taken[^1].Connection.ProcessID != writer);
            await using var theirs = await taken[^1].BeginAsync(Ct);
            await rig.Leases.EndWriterAsync(run, Ct);
            await theirs.CommitAsync(Ct);
        }
        finally
        {
            foreach (var connection in taken) await connection.DisposeAsync();
        }
    }

    private static async IAsyncEnumerable<RecordBatch> OneAsync()
    {
        await Task.Yield();
        yield return ScriptedSource.Batch(0, 10);
    }

    private sealed class EndingExport(Func<Task> end) : IStage
    {
        public string Name => Stages.Export;

        public async Task<StageOutcome> RunAsync(StageContext context, CancellationToken ct)
        {
            await end();
            return new StageOutcome([]);
        }

        public Task AbandonAsync(SyncRun run, CancellationToken ct) => Task.CompletedTask;
    }
}
