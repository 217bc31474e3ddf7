using System.Text;
using DataSync.IntegrationTests.Postgres;
using DataSync.Pipeline;
using DataSync.Privacy.Subjects;
using DataSync.Privacy.Subjects.Access;
using DataSync.Privacy.Subjects.Erasure;
using DataSync.Privacy.Subjects.Stores;
using DataSync.Process.Async;
using Microsoft.Extensions.Logging;

namespace DataSync.IntegrationTests.Privacy;

/// <summary>Which jobs an erasure waits for: nobody is written down again by a job that had read of them before, and no job that had not keeps a request open.</summary>
public sealed class ErasureWaitsTests(PrivacyRig rig) : IClassFixture<PrivacyRig>
{
    private const string Stays = """{"email":"stays"}""";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Export_begun_between_two_walks_is_waited_for_and_its_files_are_made_again()
    {
        const string Name = "ann@export.example";
        var (request, first) = await FirstWalkAsync("export-between", Name, refuses: false);
        var run = await ExportAgainAsync("export-between", first);
        var outcome = await rig.Get<PipelineRunner>().RunAsync(run, static (_, _) => Task.CompletedTask, Ct); // it has read, and written, and is not over
        Assert.Contains(Name, Lines("export-between", run.JobId), StringComparison.Ordinal);

        Assert.Equal(("waiting", "errors.privacy.jobs_open"), await WalkAsync("export-between", request));
        await EndAsync(run, outcome);
        Assert.Equal(("completed", null), await WalkAsync("export-between", request));
        Assert.Equal(Stays + "\n", Lines("export-between", run.JobId));
        Assert.Empty(rig.Files("export-between").Where(f => Encoding.UTF8.GetString(f.Value).Contains(Name, StringComparison.Ordinal)).Select(f => f.Key));
    }

    [Fact]
    public async Task Replay_begun_between_two_walks_is_waited_for_and_what_it_stores_goes_too()
    {
        const string Name = "ann@replay.example";
        var (request, first) = await FirstWalkAsync("replay-between", Name, refuses: true);
        var run = await rig.Jobs.RunningAsync("replay-between", "s", PrivacyRig.Plan("jsonl"), Ct);
        await rig.SqlAsync("UPDATE sync_jobs SET source_type = 'replay' WHERE id = $1", run.JobId);
        Assert.NotNull(await rig.SqlAsync("UPDATE sync_rejections SET replay_job_id = $1, replayed_at = now() WHERE job_id = $2 RETURNING seq", run.JobId, first));

        Assert.Equal(("waiting", "errors.privacy.jobs_open"), await WalkAsync("replay-between", request));
        await StoreAndEndAsync(run, Name);
        Assert.Equal(("completed", null), await WalkAsync("replay-between", request));
        Assert.Equal(0L, await rig.SqlAsync("SELECT count(*) FROM sync_data WHERE tenant_id = 'replay-between' AND raw_data::text LIKE '%' || $1 || '%'", Name));
        Assert.Equal(Stays + "\n", Lines("replay-between", run.JobId));
    }

    [Fact]
    public async Task Jobs_that_read_the_source_or_export_what_was_left_as_it_was_hold_no_later_walk_up()
    {
        const string Name = "ann@continuous.example";
        var other = await rig.JobAsync("continuous", "s", PrivacyRig.Plan("jsonl"), [Stays]);
        var (request, _) = await FirstWalkAsync("continuous", Name, refuses: false);
        await ExportAgainAsync("continuous", other);
        await StoreAsync(await rig.Jobs.RunningAsync("continuous", "s", PrivacyRig.Plan("jsonl"), Ct), $$"""{"email":"{{Name}}"}""");
        Assert.Equal(("completed", null), await WalkAsync("continuous", request));
    }

    [Fact]
    public async Task Job_that_was_waited_for_and_is_retried_is_waited_for_again()
    {
        const string Name = "ann@retried.example";
        var run = await rig.Jobs.RunningAsync("retried", "s", PrivacyRig.Plan("jsonl"), Ct);
        var request = await AddAsync("retried", Name);
        Assert.Equal(("waiting", "errors.privacy.jobs_open"), await WalkAsync("retried", request));
        await rig.SqlAsync("UPDATE sync_jobs SET status = 'failed', completed_at = now() WHERE id = $1", run.JobId);
        var runner = Runner(TimeProvider.System, new Meanwhile(15, () => rig.SqlAsync("UPDATE sync_jobs SET status = 'queued', completed_at = NULL WHERE id = $1", run.JobId)));
        Assert.Equal(("waiting", "errors.privacy.jobs_open"), await WalkAsync("retried", request, runner));
        await rig.SqlAsync("UPDATE sync_jobs SET status = 'running', fence = 2 WHERE id = $1", run.JobId);
        run = TestJobs.Attempt("retried", "s", run.JobId, 2, run.Plan, new Checkpoint());
        await StoreAndEndAsync(run, Name);
        Assert.Equal(("completed", null), await WalkAsync("retried", request));
        Assert.Equal(Stays + "\n", Lines("retried", run.JobId));
    }

    [Fact]
    public async Task Job_that_ends_during_the_first_walk_is_gone_through_again_though_the_workers_clock_is_ahead()
    {
        const string Name = "ann@ahead.example";
        var run = await rig.Jobs.RunningAsync("ahead", "s", PrivacyRig.Plan("jsonl"), Ct);
        var request = await AddAsync("ahead", Name);
        var runner = Runner(new Ahead(), new Meanwhile(200, () => StoreAndEndAsync(run, Name)));
        Assert.Equal(("waiting", "errors.privacy.jobs_open"), await WalkAsync("ahead", request, runner));
        Assert.Equal(("completed", null), await WalkAsync("ahead", request));
        Assert.Equal(Stays + "\n", Lines("ahead", run.JobId));
    }

    [Fact]
    public async Task Open_job_is_waited_for_though_the_clock_that_made_it_was_ahead()
    {
        const string Name = "ann@made.example";
        var run = await rig.Jobs.RunningAsync("made", "s", PrivacyRig.Plan("jsonl"), Ct);
        await rig.SqlAsync("UPDATE sync_jobs SET created_at = now() + interval '1 hour' WHERE id = $1", run.JobId);
        var request = await AddAsync("made", Name);
        for (var i = 0; i < 3; i++) Assert.Equal(("waiting", "errors.privacy.jobs_open"), await WalkAsync("made", request));
        await StoreAndEndAsync(run, Name);
        Assert.Equal(("completed", null), await WalkAsync("made", request));
        Assert.Equal(Stays + "\n", Lines("made", run.JobId));
    }

    [Fact]
    public async Task Request_that_jobs_hold_up_for_thirty_days_ends_as_failed_and_says_so()
    {
        await rig.Jobs.RunningAsync("held", "s", PrivacyRig.Plan("jsonl"), Ct);
        var request = await AddAsync("held", "ann@held.example");
        Assert.Equal(("waiting", "errors.privacy.jobs_open"), await WalkAsync("held", request));
        await rig.SqlAsync("UPDATE privacy_requests SET created_at = now() - interval '31 days' WHERE id = $1", request);
        Assert.Equal(("failed", "errors.privacy.jobs_open"), await WalkAsync("held", request));
        Assert.Empty((await rig.Get<ErasureRequests>().FindAsync("held", request, Ct))!.Exports);
    }

    /// <summary>Stores the person and somebody who stays, and ends the job with its files.</summary>
    private async Task StoreAndEndAsync(SyncRun run, string name)
    {
        await StoreAsync(run, $$"""{"email":"{{name}}"}""", Stays);
        await rig.EndAsync(run with { Checkpoint = new Checkpoint { Stage = Stages.Export } });
    }

    /// <summary>A request whose first walk found a job under way, which has stored, or refused, the person since and is over.</summary>
    private async Task<(Guid Request, Guid Job)> FirstWalkAsync(string tenant, string name, bool refuses)
    {
        var run = await rig.Jobs.RunningAsync(tenant, "s", PrivacyRig.Plan("jsonl"), Ct);
        var request = await AddAsync(tenant, name);
        Assert.Equal(("waiting", "errors.privacy.jobs_open"), await WalkAsync(tenant, request));
        await new AsyncStrategy(rig.Jobs.Tenants, TimeProvider.System).StoreAsync(run, Batches.Of([$$"""{"email":"{{name}}"}""", Stays], 2, batch =>
        {
            if (refuses) batch.Reject(0, new Rejection("rule", "CODE", "refused"));
        }, Ct), Ct);
        return (request, await rig.EndAsync(run with { Checkpoint = new Checkpoint { Stage = Stages.Export } }));
    }

    /// <summary>An export of a job's stored records that is under way.</summary>
    private async Task<SyncRun> ExportAgainAsync(string tenant, Guid of)
    {
        var run = await rig.Jobs.RunningAsync(tenant, "s", PrivacyRig.Plan("jsonl"), Ct);
        await rig.SqlAsync("UPDATE sync_jobs SET source_type = 'export', export_of = $2 WHERE id = $1", run.JobId, of);
        var again = run with { ExportOf = of, SourceType = "export", Checkpoint = new Checkpoint { Stage = Stages.Export } };
        again.Progress.Restore(2, 0, 10);
        return again;
    }

    private async Task StoreAsync(SyncRun run, params string[] documents)
        => await new AsyncStrategy(rig.Jobs.Tenants, TimeProvider.System).StoreAsync(run, Batches.Of(documents, documents.Length, _ => { }, Ct), Ct);

    private async Task EndAsync(SyncRun run, StageOutcome outcome)
        => await new DataSync.Jobs.Engine.JobOutcome(rig.Jobs.Tenants).EndAsync(run, DataSync.Jobs.JobStatus.Completed, outcome, null, TimeSpan.FromSeconds(1), Ct);

    private async Task<Guid> AddAsync(string tenant, string name) => (await rig.Get<ErasureRequests>().AddAsync(PrivacyRig.Caller(tenant), PrivacyRig.Whole(name), null, Ct)).RequestId;

    /// <summary>Gives a request its turn, and tells what became of it.</summary>
    private async Task<(string Status, string? Failure)> WalkAsync(string tenant, Guid request, ErasureRunner? runner = null)
    {
        await rig.SqlAsync("UPDATE privacy_requests SET not_before = NULL WHERE id = $1", request);
        await (runner ?? rig.Get<ErasureRunner>()).RunAsync(tenant, request, Ct);
        var view = (await rig.Get<ErasureRequests>().FindAsync(tenant, request, Ct))!;
        return (view.Status, view.Failure);
    }

    private ErasureRunner Runner(TimeProvider time, IHoldsSubjects meanwhile)
        => new(rig.Jobs.Tenants, rig.Get<SubjectSeal>(), rig.Get<AwaitedJobs>(), rig.Get<IEnumerable<IHoldsSubjects>>().Append(meanwhile), time, rig.Get<ILogger<ErasureRunner>>());

    private string Lines(string tenant, Guid job) => Encoding.UTF8.GetString(rig.Files(tenant)[$"{tenant}/{job:D}/data.jsonl"]);

    /// <summary>A worker whose clock is an hour ahead of the database's.</summary>
    private sealed class Ahead : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddHours(1);
    }

    /// <summary>A place of the walk at which something else happens, and nothing of anybody is.</summary>
    private sealed class Meanwhile(int order, Func<Task> happens) : IHoldsSubjects
    {
        public string Phase => "meanwhile";

        public int Order => order;

        public Task CountAsync(SubjectSearch search, CancellationToken ct) => Task.CompletedTask;

        public Task WriteAsync(SubjectSearch search, SubjectWriter writer, CancellationToken ct) => Task.CompletedTask;

        public Task EraseAsync(ErasureWork work, CancellationToken ct) => happens();
    }
}
