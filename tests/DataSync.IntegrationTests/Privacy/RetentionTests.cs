using DataSync.Pipeline.Privacy;
using DataSync.Privacy.Retention;
using Microsoft.Extensions.Time.Testing;

namespace DataSync.IntegrationTests.Privacy;

/// <summary>What has outlived its time goes, by tenant and kind, and nothing else.</summary>
public sealed class RetentionTests(PrivacyRig rig) : IClassFixture<PrivacyRig>, IAsyncLifetime
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await rig.KeepTodayAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Each_kind_goes_by_its_own_days_and_tenants_without_days_keep_everything()
    {
        foreach (var tenant in (string[])["kept", "swept"]) await FillAsync(tenant);
        var kept = await rig.DigestsAsync("kept");
        var store = rig.Get<RetentionStore>();
        await store.ReplaceAsync("swept", new Dictionary<string, int>(StringComparer.Ordinal) { ["records"] = 10, ["rejections"] = 20, ["inbox"] = 30, ["exports"] = 40, ["ai_answers"] = 50, ["jobs"] = 60 }, "operator", Ct);
        var now = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var sweeper = rig.Sweeper(now);
        Assert.Equal((2, 1, 1, 1, 1, true), await LeftAsync("swept"));
        foreach (var (days, left) in ((int, (long, long, long, long, long, bool))[])
        [
            (9, (2, 1, 1, 1, 1, true)), (2, (0, 1, 1, 1, 1, true)), (10, (0, 0, 1, 1, 1, true)), (10, (0, 0, 0, 1, 1, true)), (10, (0, 0, 0, 1, 1, false)), (10, (0, 0, 0, 0, 1, false)), (10, (0, 0, 0, 0, 0, false)),
        ])
        {
            now.Advance(TimeSpan.FromDays(days));
            await sweeper.SweepAsync(Ct);
            Assert.Equal(left, await LeftAsync("swept"));
        }

        Assert.Equal(0, await sweeper.SweepAsync(Ct));
        Assert.Equal(0L, await rig.SqlAsync("SELECT count(*) FROM sync_job_attempts WHERE tenant_id = 'swept'"));
        Assert.Equal(kept, await rig.DigestsAsync("kept"));
        Assert.NotEmpty(rig.Files("kept"));
    }

    [Fact]
    public async Task A_failed_job_begins_from_nothing_once_rows_of_it_went_and_one_that_is_retried_meanwhile_keeps_its_rows()
    {
        var (gone, retried) = (await FailedAsync("again"), await FailedAsync("retried"));
        foreach (var tenant in (string[])["again", "retried"])
            await rig.Get<RetentionStore>().ReplaceAsync(tenant, new Dictionary<string, int>(StringComparer.Ordinal) { ["records"] = 1, ["jobs"] = 1000 }, "operator", Ct);
        var before = await CheckpointAsync(retried);
        Assert.Contains("\"stage\":\"export\"", before, StringComparison.Ordinal);
        await using (var retry = await rig.Database.Superuser.OpenConnectionAsync(Ct))
        await using (var open = await retry.BeginTransactionAsync(Ct))
        {
            await using var queue = new Npgsql.NpgsqlCommand("UPDATE sync_jobs SET status = 'queued', completed_at = NULL WHERE id = $1", retry, open) { Parameters = { new() { Value = retried } } };
            await queue.ExecuteNonQueryAsync(Ct);
            var sweep = rig.Sweeper(DateTimeOffset.UtcNow.AddDays(5)).SweepAsync(Ct);
            while (!sweep.IsCompleted && await rig.SqlAsync($"SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND {retry.ProcessID} = ANY (pg_blocking_pids(pid)))") is false) await Task.Delay(20, Ct);
            Assert.False(sweep.IsCompleted);
            await open.CommitAsync(Ct);
            await sweep;
        }

        Assert.Equal((2L, 0L), (await rig.SqlAsync("SELECT count(*) FROM sync_data WHERE job_id = $1", retried), await rig.SqlAsync("SELECT count(*) FROM sync_data WHERE job_id = $1", gone)));
        Assert.Equal(before, await CheckpointAsync(retried));
        using var checkpoint = System.Text.Json.JsonDocument.Parse(await CheckpointAsync(gone));
        Assert.Equal(("extract", 2L, System.Text.Json.JsonValueKind.Null), (checkpoint.RootElement.GetProperty("stage").GetString(), checkpoint.RootElement.GetProperty("next_seq").GetInt64(), checkpoint.RootElement.GetProperty("resume").ValueKind));
        Assert.Equal(["again|system|records|succeeded|2"], await rig.ListAsync("SELECT concat_ws('|', tenant_id, actor_kind, target, outcome, details::json ->> 'removed') FROM audit_pending WHERE action = 'retention.remove' AND tenant_id IN ('again', 'retried') ORDER BY 1"));
    }

    [Theory]
    [InlineData("records")]
    [InlineData("jobs")]
    public async Task Tasks_of_records_that_have_had_their_time_go_and_a_server_that_is_away_is_asked_again(string kind)
    {
        var tenant = "tasked-" + kind;
        var job = await rig.JobAsync(tenant, "s", PrivacyRig.Plan("jsonl"), ["""{"a":1}""", """{"a":2}"""]);
        var open = await rig.Jobs.RunningAsync(tenant, "s", PrivacyRig.Plan("jsonl"), Ct);
        await rig.SqlAsync("INSERT INTO label_studio_projects (tenant_id, project_id, version, created_by, created_at, updated_at) VALUES ($1, 1, 1, '', now(), now())", tenant);
        await rig.SqlAsync("INSERT INTO label_studio_jobs (tenant_id, job_id, project_id) VALUES ($1, $2, 1), ($1, $3, 1)", tenant, job, open.JobId);
        foreach (var key in (string[])[$"{job:N}:0", $"{job:N}:1", $"{open.JobId:N}:0", "somebody's"])
            rig.Annotators.Work.Add(1, new System.Text.Json.Nodes.JsonObject { ["a"] = 1 }, new System.Text.Json.Nodes.JsonObject { ["datasync_key"] = key, ["tenant"] = tenant });
        await rig.Get<RetentionStore>().ReplaceAsync(tenant, new Dictionary<string, int>(StringComparer.Ordinal) { [kind] = 1 }, "operator", Ct);
        var sweeper = rig.Sweeper(DateTimeOffset.UtcNow.AddDays(5));
        rig.Annotators.Fault = static _ => DataSync.IntegrationTests.Refine.LabelStudio.FakeFault.Status(403);
        try
        {
            await sweeper.SweepAsync(Ct);
        }
        finally
        {
            rig.Annotators.Fault = static _ => null;
        }

        Assert.Equal((0L, kind == "jobs" ? 1L : 2L), ((await LeftAsync(tenant)).Records, (await LeftAsync(tenant)).Jobs));
        Assert.Equal(4, TasksOf(tenant).Count);
        await sweeper.SweepAsync(Ct);
        Assert.Equal([$"{open.JobId:N}:0", "somebody's"], TasksOf(tenant));
        Assert.Equal([open.JobId.ToString()], await rig.ListAsync($"SELECT job_id::text FROM label_studio_jobs WHERE tenant_id = '{tenant}'"));
        Assert.Equal(["succeeded|2"], await rig.ListAsync($"SELECT concat_ws('|', outcome, details::json ->> 'removed') FROM audit_pending WHERE tenant_id = '{tenant}' AND target = 'annotation_tasks'"));
    }

    [Fact]
    public async Task Tasks_in_a_project_that_is_not_the_tenants_any_more_are_not_asked_for_for_ever()
    {
        var job = await rig.JobAsync("unbound", "s", PrivacyRig.Plan("jsonl"), ["""{"a":1}"""]);
        await rig.SqlAsync("INSERT INTO label_studio_jobs (tenant_id, job_id, project_id) VALUES ('unbound', $1, 1)", job);
        await rig.Get<RetentionStore>().ReplaceAsync("unbound", new Dictionary<string, int>(StringComparer.Ordinal) { ["records"] = 1 }, "operator", Ct);
        await rig.Sweeper(DateTimeOffset.UtcNow.AddDays(5)).SweepAsync(Ct);
        Assert.Equal(0L, await rig.SqlAsync("SELECT count(*) FROM label_studio_jobs WHERE tenant_id = 'unbound'"));
    }

    [Fact]
    public async Task A_pass_that_ends_in_the_middle_of_a_job_leaves_no_part_of_it_that_passes_for_all()
    {
        string[] documents = [.. Enumerable.Range(0, 6000).Select(i => i == 0 ? """{"email":"first@half.example"}""" : $$"""{"id":{{i}}}""")];
        var job = await rig.JobAsync("half", "s", PrivacyRig.Plan("jsonl"), documents);
        await rig.Get<RetentionStore>().ReplaceAsync("half", new Dictionary<string, int>(StringComparer.Ordinal) { ["records"] = 1 }, "operator", Ct);
        await rig.SqlAsync(
            """
            CREATE FUNCTION public.hinder_half() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.tenant_id = 'half' AND OLD.seq >= 5000 THEN RAISE EXCEPTION 'no'; END IF; RETURN OLD; END $$;
            CREATE TRIGGER hinder_half BEFORE DELETE ON sync_data FOR EACH ROW EXECUTE FUNCTION public.hinder_half()
            """);
        try
        {
            await rig.Sweeper(DateTimeOffset.UtcNow.AddDays(5)).SweepAsync(Ct);
        }
        finally
        {
            await rig.SqlAsync("DROP FUNCTION public.hinder_half() CASCADE");
        }

        Assert.Equal(1000L, (await LeftAsync("half")).Records);
        var again = await Assert.ThrowsAsync<DataSync.Pipeline.Failures.SyncFailureException>(() => rig.Get<DataSync.Jobs.ExportAgain.ExportAgainStart>().StartAsync(
            PrivacyRig.Caller("half"), job, new DataSync.Jobs.ExportAgain.ExportAgainCommand(PrivacyRig.Plan("csv"), []), null, Ct));
        Assert.Equal("errors.export.retired", again.Failure.MessageKey);
        Assert.Null(await rig.Get<RewriteExport>()("half", job, static _ => Task.CompletedTask, Ct));

        // Who is in the part that went is in the files, which nobody can make again.
        var receipt = await rig.EraseAsync("half", PrivacyRig.Whole("first@half.example"));
        Assert.Equal((1L, 0), (receipt.Erased["exports_deleted"], rig.Files("half").Count));
    }

    [Fact]
    public async Task Files_of_a_job_that_ended_early_have_their_time_too()
    {
        var (left, none) = (await FailedAsync("early"), await FailedAsync("early"));
        Leave("early", left, "data.jsonl", """{"a":1}""");
        Leave("early", left, ".data.csv.1.csv0.tmp", "a");
        await rig.Get<RetentionStore>().ReplaceAsync("early", new Dictionary<string, int>(StringComparer.Ordinal) { ["exports"] = 1 }, "operator", Ct);
        var (checkpoint, sweeper) = (await CheckpointAsync(none), rig.Sweeper(DateTimeOffset.UtcNow.AddDays(5)));
        await sweeper.SweepAsync(Ct);
        Assert.False(Directory.Exists(Path.Combine(rig.Exports, "early", left.ToString("D"))));
        Assert.Equal(["early|1"], await rig.ListAsync("SELECT concat_ws('|', tenant_id, details::json ->> 'removed') FROM audit_pending WHERE action = 'retention.remove' AND tenant_id = 'early'"));

        // One without files goes on where it was; neither is looked at again.
        Assert.Equal((checkpoint, true), (await CheckpointAsync(none), (await CheckpointAsync(left)).Contains("\"stage\":\"extract\"", StringComparison.Ordinal)));
        Assert.Equal(0L, await rig.SqlAsync($"SELECT count(*) FROM sync_jobs WHERE tenant_id = 'early' AND {DataSync.Privacy.EndedExports.MayBe}"));
    }

    [Fact]
    public async Task A_person_in_files_of_jobs_that_ended_early_is_erased_and_other_files_stay()
    {
        var (held, packed, begun, others) = (await FailedAsync("early-person"), await FailedAsync("early-person"), await FailedAsync("early-person"), await FailedAsync("early-person"));
        Leave("early-person", held, "data.jsonl", """{"email":"ann@early.example"}""");
        using (var bytes = new MemoryStream())
        {
            using (var gzip = new System.IO.Compression.GZipStream(bytes, System.IO.Compression.CompressionMode.Compress, leaveOpen: true)) gzip.Write("email\nann@early.example\n"u8);
            await File.WriteAllBytesAsync(Leave("early-person", packed, "data.csv.gz", ""), bytes.ToArray(), Ct);
        }

        Leave("early-person", begun, ".data.parquet.1.parquet0.tmp", "cannot be told");
        Leave("early-person", others, "data.jsonl", """{"email":"bob"}""");
        var receipt = await rig.EraseAsync("early-person", PrivacyRig.Whole("ann@early.example"));
        Assert.Equal(2L, receipt.Erased["exports_deleted"]); // what was only begun was no file yet
        Assert.Equal([$"early-person/{others:D}/data.jsonl"], rig.Files("early-person").Keys);
    }

    [Fact]
    public async Task What_is_under_way_is_not_removed_however_old()
    {
        var run = await rig.Jobs.RunningAsync("open", "s", PrivacyRig.Plan("jsonl"), Ct);
        await new DataSync.Process.Async.AsyncStrategy(rig.Jobs.Tenants, TimeProvider.System).StoreAsync(run, Postgres.Batches.Of(["""{"a":1}"""], 1, _ => { }, Ct), Ct);
        await rig.SqlAsync("INSERT INTO webhook_deliveries (tenant_id, delivery_id, source_id, received_at, bytes, payload, replays) VALUES ('open', gen_random_uuid(), 'hooks', now(), 1, 'x', 0)");
        await rig.Get<RetentionStore>().ReplaceAsync("open", RetentionKinds.All.ToDictionary(k => k, _ => 1, StringComparer.Ordinal), "operator", Ct);
        var now = new FakeTimeProvider(DateTimeOffset.UtcNow.AddDays(400));
        await rig.Sweeper(now).SweepAsync(Ct);
        Assert.Equal((1, 0, 1, 0, 1, false), await LeftAsync("open"));
    }

    [Fact]
    public async Task What_the_database_has_against_one_tenant_keeps_no_others_data()
    {
        foreach (var tenant in (string[])["hindered-a", "hindered-b"])
        {
            await rig.SqlAsync("INSERT INTO ai_answers (tenant_id, key, answer, input_tokens, output_tokens) VALUES ($1, '\\x01', '{}', 1, 1)", tenant);
            await rig.Get<RetentionStore>().ReplaceAsync(tenant, new Dictionary<string, int>(StringComparer.Ordinal) { ["ai_answers"] = 1 }, "operator", Ct);
        }

        await rig.SqlAsync(
            """
            CREATE FUNCTION public.hinder() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.tenant_id = 'hindered-a' THEN RAISE EXCEPTION 'no'; END IF; RETURN OLD; END $$;
            CREATE TRIGGER hinder BEFORE DELETE ON ai_answers FOR EACH ROW EXECUTE FUNCTION public.hinder()
            """);
        try
        {
            var now = new FakeTimeProvider(DateTimeOffset.UtcNow.AddDays(2));
            await rig.Sweeper(now).SweepAsync(Ct);
            Assert.Equal((1L, 0L), ((await LeftAsync("hindered-a")).Answers, (await LeftAsync("hindered-b")).Answers));
        }
        finally
        {
            await rig.SqlAsync("DROP FUNCTION public.hinder() CASCADE");
        }
    }

    private List<string> TasksOf(string tenant) => [.. rig.Annotators.Work.Tasks(1).Where(t => t.Meta?["tenant"]?.GetValue<string>() == tenant).Select(t => t.Meta!["datasync_key"]!.GetValue<string>())];

    /// <summary>Puts a file into a job's folder, as an attempt that died left it.</summary>
    private string Leave(string tenant, Guid job, string name, string text)
    {
        var path = Path.Combine(Directory.CreateDirectory(Path.Combine(rig.Exports, tenant, job.ToString("D"))).FullName, name);
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>A job that failed when everything was read and stored.</summary>
    private async Task<Guid> FailedAsync(string tenant)
    {
        var run = await rig.Jobs.RunningAsync(tenant, "s", PrivacyRig.Plan("jsonl"), Ct);
        await new DataSync.Process.Async.AsyncStrategy(rig.Jobs.Tenants, TimeProvider.System).StoreAsync(run, Postgres.Batches.Of(["""{"a":1}""", """{"a":2}"""], 2, _ => { }, Ct), Ct);
        await rig.SqlAsync("UPDATE sync_jobs SET status = 'failed', completed_at = now() WHERE id = $1", run.JobId);
        return run.JobId;
    }

    private async Task<string> CheckpointAsync(Guid job) => (string)(await rig.SqlAsync("SELECT checkpoint::text FROM sync_jobs WHERE id = $1", job))!;

    private async Task FillAsync(string tenant)
    {
        await rig.JobAsync(tenant, "s", PrivacyRig.Plan("jsonl"), ["""{"a":1}""", """{"a":2}""", """{"refused":1}"""], d => d.Contains("refused", StringComparison.Ordinal));
        await rig.SqlAsync("INSERT INTO webhook_deliveries (tenant_id, delivery_id, source_id, received_at, bytes, payload, replays, failure) VALUES ($1, gen_random_uuid(), 'hooks', now(), 1, 'x', 0, 'errors.webhook.paused')", tenant);
        await rig.SqlAsync("INSERT INTO ai_answers (tenant_id, key, answer, input_tokens, output_tokens) VALUES ($1, '\\x01', '{}', 1, 1)", tenant);
    }

    private async Task<(long Records, long Rejections, long Inbox, long Answers, long Jobs, bool Files)> LeftAsync(string tenant) => (
        (long)(await rig.SqlAsync("SELECT count(*) FROM sync_data WHERE tenant_id = $1", tenant))!,
        (long)(await rig.SqlAsync("SELECT count(*) FROM sync_rejections WHERE tenant_id = $1", tenant))!,
        (long)(await rig.SqlAsync("SELECT count(*) FROM webhook_deliveries WHERE tenant_id = $1", tenant))!,
        (long)(await rig.SqlAsync("SELECT count(*) FROM ai_answers WHERE tenant_id = $1", tenant))!,
        (long)(await rig.SqlAsync("SELECT count(*) FROM sync_jobs WHERE tenant_id = $1", tenant))!,
        rig.Files(tenant).Count > 0);
}
