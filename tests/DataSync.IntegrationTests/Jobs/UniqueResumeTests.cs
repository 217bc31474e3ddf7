using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using DataSync.IntegrationTests.Postgres;
using DataSync.Jobs;
using DataSync.Jobs.Retry;
using DataSync.Pipeline;
using DataSync.Pipeline.Refinement;
using DataSync.Refine.Rules;
using DataSync.Refine.Rules.Checks;
using DataSync.Tests.Platform.Caching;
using Microsoft.Extensions.Logging.Abstractions;

namespace DataSync.IntegrationTests.Jobs;

/// <summary>What rules remember and count, over attempts that end in the middle: real leases and a real store.</summary>
public sealed class UniqueResumeTests(SystemDatabase database) : IClassFixture<SystemDatabase>, IAsyncLifetime
{
    private const string Config = """
        {"business_rules":[{"id":"even","when":{"==":[{"%":[{"var":"n"},2]},0]},"then":[{"tag":"even"}]}],
         "checks":[{"id":"once","field":"key","check":"unique"},{"id":"again","field":"key","check":"unique","on_fail":"count"}]}
        """;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await using var source = database.Superuser.CreateCommand("""
            INSERT INTO data_source_configs (tenant_id, id, source_id, source_name, source_type, connection_params, extraction_params, sync, is_active, created_at, updated_at, created_by, version)
            VALUES ('unique', gen_random_uuid(), 's', 's', 'database', '{}', '{}', '{}', true, now(), now(), '', 1) ON CONFLICT DO NOTHING
            """);
        await source.ExecuteNonQueryAsync(Ct);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Nothing_slips_through_after_an_attempt_that_ended_in_the_middle_and_every_record_is_counted_once()
    {
        const int Records = 60, Keys = 20;
        long? stall = 30;
        var quick = new EngineOptions { RetryDelay = TimeSpan.FromMilliseconds(1), Drain = TimeSpan.Zero };
        await using var rig = await EngineRig.StartAsync(
            database, quick, new ScriptedSource((run, ct) => ReadAsync(run.Checkpoint.NextSeq, Records, Keys, stall, ct)), null, Ct,
            refiners: [new RulesRefiner(MemoryOnlyCache.New(), new UniqueMemory(long.MaxValue), NullLogger<RulesRefiner>.Instance)]);
        var job = await rig.QueueAsync("unique", Ct, new SyncPlan { RefinementConfig = JsonElement.Parse(Config) }, timeoutSeconds: 2);
        await rig.RunAsync("unique", job, CancellationToken.None);
        Assert.Equal("failed", await rig.StatusAsync(job, Ct));
        Assert.True(await rig.ScalarAsync<long>("SELECT count(*) FROM sync_seen_values WHERE job_id = $1", Ct, job) > 0);
        Assert.Equal("30", await rig.ScalarAsync<string>("SELECT rules -> 1 ->> 'hits' FROM sync_jobs WHERE id = $1", Ct, job));
        stall = null;
        await new JobRetry(rig.Jobs.Tenants, rig.Manager, quick).RetryAsync("unique", job, Ct);
        await rig.RunAsync("unique", job, CancellationToken.None);
        Assert.Equal("completed", await rig.StatusAsync(job, Ct));
        Assert.Equal(((long)Keys, (long)(Records - Keys)), (await rig.ScalarAsync<long>("SELECT count(*) FROM sync_data WHERE job_id = $1", Ct, job), await rig.ScalarAsync<long>("SELECT count(*) FROM sync_rejections WHERE job_id = $1 AND code = 'SYNC_212'", Ct, job)));
        Assert.Equal(
            [new RuleCount("even", 30, 0, 0), new RuleCount("once", Records, Records - Keys, Records - Keys), new RuleCount("again", Keys, 0, 0)],
            JsonSerializer.Deserialize<IReadOnlyList<RuleCount>>(await rig.ScalarAsync<string>("SELECT rules::text FROM sync_jobs WHERE id = $1", Ct, job), DataSync.Jobs.JobJson.Options)!);
        Assert.Equal(0L, await rig.ScalarAsync<long>("SELECT count(*) FROM sync_seen_values WHERE job_id = $1", Ct, job));
    }

    /// <summary>Keys that come again and again, ten records in a batch; waits for what was given to be committed before it stalls.</summary>
    private static async IAsyncEnumerable<RecordBatch> ReadAsync(long from, long to, int keys, long? stall, [EnumeratorCancellation] CancellationToken ct)
    {
        for (var at = from; at < to; at += 10)
        {
            if (at >= stall) await Task.Delay(Timeout.Infinite, ct);
            var buffer = new RecordBuffer();
            for (var n = at; n < at + 10; n++) buffer.Add(Encoding.UTF8.GetBytes($$"""{"n":{{n}},"key":{{n % keys}}}"""));
            yield return new RecordBatch(at, buffer) { ResumeToken = Encoding.UTF8.GetBytes($$"""{"at":{{at + 10}}}""") };
        }
    }
}
