using System.Text;
using DataSync.IntegrationTests.Postgres;
using DataSync.Jobs;
using DataSync.Jobs.Engine;
using DataSync.Jobs.Engine.Waiting;
using DataSync.Pipeline;
using DataSync.Pipeline.Enriching;

namespace DataSync.IntegrationTests.Jobs.Waiting;

/// <summary>Enrichment of stored records: what a killed worker leaves, and jobs that wait without a worker; on a real database.</summary>
public sealed class WaitingTests(SystemDatabase database) : IClassFixture<SystemDatabase>
{
    private static readonly EngineOptions Quick = new() { RetryDelay = TimeSpan.FromMilliseconds(1), MaxFruitlessAttempts = 3, MaxFruitfulAttempts = 4, Drain = TimeSpan.Zero };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Killed_worker_is_followed_by_one_that_goes_on_behind_the_last_commit()
    {
        List<(long From, string? State)> begun = [];
        var killed = new CancellationTokenSource();
        await using var rig = await StartAsync(async (context, ct) =>
        {
            begun.Add((context.Position.NextSeq, context.Position.State?.GetRawText()));
            var at = await PatientEnricher.TenAsync(context, context.Position.NextSeq, ct);
            if (begun.Count < 3)
            {
                await killed.CancelAsync();
                await Task.Delay(Timeout.Infinite, ct);
            }

            while (at < 50) at = await PatientEnricher.TenAsync(context, at, ct);
            return EnrichmentEnd.Done;
        });
        var job = await rig.QueueAsync("killed", Ct, PatientEnricher.Plan);
        await rig.RunAsync("killed", job, killed.Token);
        Assert.Equal(("queued", "refine"), (await rig.StatusAsync(job, Ct), await rig.ScalarAsync<string>("SELECT stage FROM sync_jobs WHERE id = $1", Ct, job)));
        killed = new CancellationTokenSource();
        await rig.RunAsync("killed", job, killed.Token);
        await rig.RunAsync("killed", job, CancellationToken.None);
        Assert.Equal("completed", await rig.StatusAsync(job, Ct));
        Assert.Equal([(0, null), (10, """{"at":10}"""), (20, """{"at":20}""")], begun);
        Assert.Equal(50, await rig.ScalarAsync<long>("SELECT count(*) FROM sync_enrichments WHERE job_id = $1 AND outcome = 'completed'", Ct, job));
        Assert.Equal("""{"test":{"done":50}}""", await rig.ScalarAsync<string>("SELECT enriched::text FROM sync_jobs WHERE id = $1", Ct, job));
    }

    [Fact]
    public async Task Worker_that_lost_the_job_commits_no_result()
    {
        await using var rig = await StartAsync(async (context, ct) =>
        {
            if (context.Position.Results > 0) return EnrichmentEnd.Done;
            await using (var takeOver = database.Superuser.CreateCommand($"UPDATE sync_jobs SET fence = fence + 1 WHERE id = '{context.Run.JobId:D}'")) await takeOver.ExecuteNonQueryAsync(ct);
            await PatientEnricher.TenAsync(context, 0, ct);
            return EnrichmentEnd.Done;
        });
        var job = await rig.QueueAsync("stale", Ct, PatientEnricher.Plan);
        await rig.RunAsync("stale", job, CancellationToken.None);
        Assert.Equal(0, await rig.ScalarAsync<long>("SELECT count(*) FROM sync_enrichments WHERE job_id = $1", Ct, job));
        Assert.Equal("running", await rig.StatusAsync(job, Ct));
    }

    [Fact]
    public async Task Waiting_job_holds_nothing_and_is_taken_up_when_its_time_has_come()
    {
        var rounds = 0;
        await using var rig = await StartAsync((context, _) => Task.FromResult(rounds++ < 5 ? EnrichmentEnd.WaitFor(TimeSpan.FromHours(1)) : EnrichmentEnd.Done));
        var job = await rig.QueueAsync("patient", Ct, PatientEnricher.Plan, timeoutSeconds: 60);
        for (var round = 0; round < 5; round++)
        {
            // More rounds than attempts that move nothing may be: waiting is no failure.
            await rig.RunAsync("patient", job, CancellationToken.None);
            Assert.Equal("waiting", await rig.StatusAsync(job, Ct));
            Assert.True(await rig.ScalarAsync<bool>(
                """
                SELECT lease_until IS NULL AND lease_pid IS NULL AND dispatched_at IS NULL AND not_before BETWEEN now() + interval '59 minutes' AND now() + interval '61 minutes'
                       AND waiting_since IS NOT NULL AND running_ms < 30000 AND completed_at IS NULL FROM sync_jobs WHERE id = $1
                """,
                Ct, job));
            Assert.Equal(0, await rig.Waiting.WakeAsync(Ct));
            Assert.Null(await rig.ClaimAsync("patient", job, Ct));
            await rig.ScalarAsync<object>("UPDATE sync_jobs SET not_before = now() - interval '1 second', waiting_since = waiting_since - interval '1 hour' WHERE id = $1", Ct, job);
            Assert.Equal(1, await rig.Waiting.WakeAsync(Ct));
            Assert.Equal("queued", await rig.StatusAsync(job, Ct));
            Assert.Equal(1L, await rig.ScalarAsync<int>("SELECT queued FROM tenant_queues WHERE tenant_id = 'patient'", Ct));
        }

        await rig.RunAsync("patient", job, CancellationToken.None);
        Assert.Equal(("completed", 6), (await rig.StatusAsync(job, Ct), rounds));
    }

    [Fact]
    public async Task Rung_job_is_taken_up_at_once_and_a_bell_before_the_waiting_is_not_lost()
    {
        var rounds = 0;
        await using var rig = await StartAsync(async (context, ct) =>
        {
            rounds++;
            if (rounds == 2) Assert.True(await new WaitingBell(new TestJobs(database).Tenants).RingAsync("rung", context.Run.JobId, ct));
            return rounds < 3 ? EnrichmentEnd.WaitFor(TimeSpan.FromHours(1)) : EnrichmentEnd.Done;
        });
        var bell = new WaitingBell(rig.Jobs.Tenants);
        var job = await rig.QueueAsync("rung", Ct, PatientEnricher.Plan);
        await rig.RunAsync("rung", job, CancellationToken.None);
        Assert.False(await bell.RingAsync("stranger", job, Ct));
        Assert.Equal("waiting", await rig.StatusAsync(job, Ct));
        Assert.True(await bell.RingAsync("rung", job, Ct));
        Assert.Equal("queued", await rig.StatusAsync(job, Ct));

        // Rung while it ran: it waits for nothing.
        await rig.RunAsync("rung", job, CancellationToken.None);
        Assert.Equal("waiting", await rig.StatusAsync(job, Ct));
        Assert.Equal(1, await rig.Waiting.WakeAsync(Ct));
        await rig.RunAsync("rung", job, CancellationToken.None);
        Assert.Equal("completed", await rig.StatusAsync(job, Ct));
        Assert.False(await bell.RingAsync("rung", job, Ct));
    }

    [Fact]
    public async Task Waiting_is_bounded_by_its_own_time_and_ends_with_what_the_enricher_makes_of_it()
    {
        var gives = true;
        await using var rig = await StartAsync((context, _) => Task.FromResult(gives && DateTimeOffset.UtcNow >= context.Deadline ? EnrichmentEnd.Done : EnrichmentEnd.WaitFor(TimeSpan.FromHours(1))));
        var plan = PatientEnricher.Plan with { AnnotationTimeoutSeconds = 600 };
        foreach (var (tenant, gaveUp, ending) in ((string, bool, string)[])[("bounded", true, "completed"), ("unbounded", false, "failed")])
        {
            gives = gaveUp;
            var job = await rig.QueueAsync(tenant, Ct, plan);
            await rig.RunAsync(tenant, job, CancellationToken.None);
            Assert.True(await rig.ScalarAsync<bool>("SELECT not_before <= now() + interval '601 seconds' FROM sync_jobs WHERE id = $1", Ct, job));
            await rig.ScalarAsync<object>("UPDATE sync_jobs SET not_before = now(), waiting_since = now() - interval '601 seconds' WHERE id = $1", Ct, job);
            await rig.Waiting.WakeAsync(Ct);
            await rig.RunAsync(tenant, job, CancellationToken.None);
            Assert.Equal(ending, await rig.StatusAsync(job, Ct));
            if (!gaveUp) Assert.Equal("errors.job.annotation_timeout", JobFailure.Read(await rig.ScalarAsync<string>("SELECT error_details FROM sync_jobs WHERE id = $1", Ct, job)).MessageKey);
        }
    }

    [Fact]
    public async Task Waiting_job_can_be_called_off_and_is_not_taken_up_again()
    {
        await using var rig = await StartAsync((_, _) => Task.FromResult(EnrichmentEnd.WaitFor(TimeSpan.FromHours(1))));
        var job = await rig.QueueAsync("off", Ct, PatientEnricher.Plan);
        await rig.RunAsync("off", job, CancellationToken.None);
        Assert.True(await rig.Manager.CancelAsync("off", job, Ct));
        Assert.Equal("cancelled", await rig.StatusAsync(job, Ct));
        await rig.ScalarAsync<object>("UPDATE sync_jobs SET not_before = now() WHERE id = $1", Ct, job);
        Assert.Equal(0, await rig.Waiting.WakeAsync(Ct));
        Assert.False(await new WaitingBell(rig.Jobs.Tenants).RingAsync("off", job, Ct));
    }

    [Fact]
    public async Task Records_come_back_with_their_numbers_and_in_pages_and_the_export_gets_what_was_made()
    {
        var exported = new List<string>();
        List<long> seen = [];
        var enricher = new PatientEnricher(async (context, ct) =>
        {
            await foreach (var batch in context.Records(new RecordChoice(3), ct))
            {
                using (batch)
                {
                    for (var i = 0; i < batch.Count; i++) seen.Add(batch.SeqOf(i));
                    await context.CommitAsync(new EnrichmentMove([.. Enumerable.Range(0, batch.Count).Where(i => batch.SeqOf(i) % 2 == 1).Select(i => PatientEnricher.Result(batch.SeqOf(i)))], batch.SeqOf(batch.Count - 1) + 1), ct);
                }
            }

            return EnrichmentEnd.Done;
        });
        await using var rig = await EngineRig.StartAsync(database, Quick, new ScriptedSource((_, _) => SixHundredAsync()), new Listing(exported), Ct, [enricher]);
        var job = await rig.QueueAsync("pages", Ct, PatientEnricher.Plan);
        await rig.RunAsync("pages", job, CancellationToken.None);
        Assert.Equal("completed", await rig.StatusAsync(job, Ct));
        Assert.Equal(Enumerable.Range(3, 597).Select(i => (long)i), seen);
        Assert.Equal(600, exported.Count);
        for (var i = 0; i < 600; i++) Assert.Equal($"{{\"n\":{i}}} " + (i >= 3 && i % 2 == 1 ? $"{{\"test\":{{\"outcome\":\"completed\",\"n\":{i}}}}}" : ""), exported[i]);
    }

    private Task<EngineRig> StartAsync(Func<EnrichmentContext, CancellationToken, Task<EnrichmentEnd>> work)
        => EngineRig.StartAsync(database, Quick, new ScriptedSource((_, _) => FiftyAsync()), null, Ct, [new PatientEnricher(work)]);

    private static async IAsyncEnumerable<RecordBatch> FiftyAsync()
    {
        await Task.CompletedTask;
        yield return ScriptedSource.Batch(0, 50);
    }

    private static async IAsyncEnumerable<RecordBatch> SixHundredAsync()
    {
        await Task.CompletedTask;
        for (var at = 0; at < 600; at += 100) yield return ScriptedSource.Batch(at, 100);
    }

    private sealed class Listing(List<string> exported) : IStage
    {
        public string Name => Stages.Export;

        public async Task<StageOutcome> RunAsync(StageContext context, CancellationToken ct)
        {
            await foreach (var batch in context.Records(ct))
            {
                using (batch)
                {
                    for (var i = 0; i < batch.Count; i++) exported.Add($"{Encoding.UTF8.GetString(batch.Raw[i])} {Encoding.UTF8.GetString(batch.Enriched![i])}");
                }
            }

            return new StageOutcome([]);
        }

        public Task AbandonAsync(SyncRun run, CancellationToken ct) => Task.CompletedTask;
    }
}
