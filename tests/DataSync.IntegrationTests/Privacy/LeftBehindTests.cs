using System.Text.Json.Nodes;
using DataSync.IntegrationTests.Refine.LabelStudio;
using DataSync.Privacy.Retention;
using DataSync.Privacy.Subjects.Erasure;
using Microsoft.Extensions.Time.Testing;

namespace DataSync.IntegrationTests.Privacy;

/// <summary>What was made of records elsewhere, and is there still when retention has taken the records: an erasure finds it all the same.</summary>
public sealed class LeftBehindTests(PrivacyRig rig) : IClassFixture<PrivacyRig>, IAsyncLifetime
{
    private const string Ann = "ann@left.example";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Somebody keeps records of today for ever, or a test that looks days ahead would take today's leaf from the next.</summary>
    public async ValueTask InitializeAsync()
        => await rig.SqlAsync("INSERT INTO sync_data (tenant_id, job_id, seq, id, source_id, raw_data) VALUES ('for-ever', public.uuid7_floor(now()), 0, gen_random_uuid(), 's', '{}') ON CONFLICT DO NOTHING");

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [InlineData("records")]
    [InlineData("jobs")]
    public async Task Task_of_a_record_that_retention_took_is_found_at_its_server_and_erased(string kind)
    {
        var tenant = "left-tasks-" + kind;
        await LeaveTasksAsync(tenant, kind);
        var receipt = await rig.EraseAsync(tenant, PrivacyRig.Whole(Ann));
        Assert.Equal(("completed", 2L), (receipt.Status, receipt.Erased.GetValueOrDefault("annotation_tasks")));
        Assert.Equal(["bob", "somebody's"], NamesOf(tenant));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Tasks_on_several_pages_are_all_erased_also_where_others_are_removed_while_they_are_read(bool areRecordsStored)
    {
        var (tenant, project) = ("pages-" + (areRecordsStored ? "stored" : "left"), areRecordsStored ? 71L : 72L);
        rig.Annotators.Work.Projects.TryAdd(project, new FakeProject());
        var stranger = rig.Annotators.Work.Add(project, new JsonObject { ["a"] = 1 });
        var job = await rig.JobAsync(tenant, "s", PrivacyRig.Plan("jsonl"), [.. Enumerable.Range(0, 8).Select(i => $$"""{"email":"{{Ann}}","id":{{i}}}""")]);
        await rig.SqlAsync("INSERT INTO label_studio_projects (tenant_id, project_id, version, created_by, created_at, updated_at) VALUES ($1, $2, 1, '', now(), now())", tenant, project);
        await rig.SqlAsync("INSERT INTO label_studio_jobs (tenant_id, job_id, project_id) VALUES ($1, $2, $3)", tenant, job, project);
        await rig.SqlAsync(
            "UPDATE sync_jobs SET config = (config::jsonb || jsonb_build_object('refinement_config', jsonb_build_object('enable_label_studio', true, 'label_studio_project_id', $2::bigint, 'label_studio_records', 'all')))::json WHERE id = $1",
            job, project);
        for (var i = 0; i < 8; i++) rig.Annotators.Work.Add(project, new JsonObject { ["email"] = Ann, ["id"] = i }, new JsonObject { ["datasync_key"] = $"{job:N}:{i}" });
        if (!areRecordsStored) await AwayAsync(() => RetainAsync(tenant, "records"));

        // Who removes a task of the first page once it was read moves one of the second to where nobody looks any more.
        rig.Annotators.Work.LargestPage = 3;
        rig.Annotators.Fault = asked =>
        {
            if (asked.EndsWith("&page=2", StringComparison.Ordinal)) rig.Annotators.Work.Delete(stranger);
            return null;
        };
        try
        {
            var receipt = await rig.EraseAsync(tenant, PrivacyRig.Whole(Ann));
            Assert.Equal(("completed", 8L), (receipt.Status, receipt.Erased.GetValueOrDefault("annotation_tasks")));
        }
        finally
        {
            rig.Annotators.Work.LargestPage = 100;
            rig.Annotators.Fault = static _ => null;
        }

        Assert.Empty(rig.Annotators.Work.Tasks(project));
    }

    [Fact]
    public async Task Server_of_such_a_task_that_is_away_holds_the_request_up()
    {
        const string Tenant = "left-away";
        await LeaveTasksAsync(Tenant, "records");
        var requests = rig.Get<ErasureRequests>();
        var id = (await requests.AddAsync(PrivacyRig.Caller(Tenant), PrivacyRig.Whole(Ann), null, Ct)).RequestId;
        await AwayAsync(() => rig.Get<ErasureWorker>().RunDueAsync(Ct));
        var waiting = (await requests.FindAsync(Tenant, id, Ct))!;
        Assert.Equal("waiting", waiting.Status);
        Assert.StartsWith("errors.label_studio.", waiting.Failure, StringComparison.Ordinal);
        await rig.SqlAsync("UPDATE privacy_requests SET not_before = NULL WHERE tenant_id = 'left-away'");
        await rig.Get<ErasureWorker>().RunDueAsync(Ct);
        Assert.Equal("completed", (await requests.FindAsync(Tenant, id, Ct))!.Status);
        Assert.Equal(["bob", "somebody's"], NamesOf(Tenant));
    }

    [Fact]
    public async Task Tasks_in_a_project_that_is_not_the_tenants_any_more_are_told_as_out_of_reach()
    {
        const string Tenant = "left-unbound";
        await LeaveTasksAsync(Tenant, "records");
        await rig.SqlAsync("DELETE FROM label_studio_projects WHERE tenant_id = 'left-unbound'");
        var receipt = await rig.EraseAsync(Tenant, PrivacyRig.Whole(Ann));
        Assert.Equal(("completed", 1L), (receipt.Status, receipt.Erased.GetValueOrDefault("annotation_jobs_out_of_reach")));
    }

    [Fact]
    public async Task Answers_to_records_that_retention_took_go_with_the_next_erasure()
    {
        foreach (var tenant in (string[])["left-answers", "kept-answers"])
        {
            await rig.JobAsync(tenant, "s", PrivacyRig.Plan("jsonl"), [$$"""{"email":"{{Ann}}"}"""]);
            await rig.SqlAsync(
                """
                INSERT INTO ai_answers (tenant_id, key, answer, input_tokens, output_tokens, created_at) VALUES
                    ($1, '\x01', '{"sentiment":"negative"}', 1, 1, now()), ($1, '\x02', '{"sentiment":"positive"}', 1, 1, now() + interval '2 hours')
                """, tenant);
        }

        await RetainAsync("left-answers", "records");
        Assert.Equal((0L, 2L), (await CountAsync("sync_data", "left-answers"), await CountAsync("ai_answers", "left-answers")));
        foreach (var tenant in (string[])["left-answers", "kept-answers"]) await rig.EraseAsync(tenant, PrivacyRig.Whole("nobody@left.example"));

        // Of one that was given after the last such job had ended, the record is stored, or it went by right.
        Assert.Equal((1L, 2L), (await CountAsync("ai_answers", "left-answers"), await CountAsync("ai_answers", "kept-answers")));
    }

    [Fact]
    public async Task Answers_go_with_the_jobs_in_which_they_were_given()
    {
        await rig.JobAsync("jobs-answers", "s", PrivacyRig.Plan("jsonl"), ["""{"a":1}"""]);
        await rig.SqlAsync("INSERT INTO ai_answers (tenant_id, key, answer, input_tokens, output_tokens) VALUES ('jobs-answers', '\\x01', '{}', 1, 1)");
        await RetainAsync("jobs-answers", "jobs");
        Assert.Equal((0L, 0L), (await CountAsync("sync_jobs", "jobs-answers"), await CountAsync("ai_answers", "jobs-answers")));
    }

    [Fact]
    public async Task What_enrichers_made_goes_before_the_records_by_which_it_is_found()
    {
        const string Tenant = "made-first";
        var job = await rig.JobAsync(Tenant, "s", PrivacyRig.Plan("jsonl"), [$$"""{"email":"{{Ann}}"}"""]);
        await rig.SqlAsync("INSERT INTO sync_enrichments (tenant_id, job_id, kind, seq, outcome, result) VALUES ($1, $2, 'ai', 0, 'completed', '{}')", Tenant, job);
        await rig.SqlAsync(
            """
            CREATE FUNCTION public.hinder_records() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.tenant_id = 'made-first' THEN RAISE EXCEPTION 'no'; END IF; RETURN OLD; END $$;
            CREATE TRIGGER hinder_records BEFORE DELETE ON sync_data FOR EACH ROW EXECUTE FUNCTION public.hinder_records()
            """);
        try
        {
            await RetainAsync(Tenant, "records");
        }
        finally
        {
            await rig.SqlAsync("DROP FUNCTION public.hinder_records() CASCADE");
        }

        Assert.Equal((1L, 0L), (await CountAsync("sync_data", Tenant), await CountAsync("sync_enrichments", Tenant)));
        Assert.Equal(true, await rig.SqlAsync("SELECT retired_at IS NOT NULL FROM sync_jobs WHERE id = $1", job)); // exported again, they would be without it
    }

    /// <summary>A job's records have gone, and its tasks have not: their server was away, and since then the tenant keeps things.</summary>
    private async Task LeaveTasksAsync(string tenant, string kind)
    {
        var job = await rig.JobAsync(tenant, "s", PrivacyRig.Plan("jsonl"), [$$"""{"email":"{{Ann}}"}""", """{"email":"bob"}""", """{"a":1}"""]);
        await rig.SqlAsync("INSERT INTO label_studio_projects (tenant_id, project_id, version, created_by, created_at, updated_at) VALUES ($1, 1, 1, '', now(), now())", tenant);
        await rig.SqlAsync("INSERT INTO label_studio_jobs (tenant_id, job_id, project_id) VALUES ($1, $2, 1)", tenant, job);
        Add("ann", $"{job:N}:0", new JsonObject { ["email"] = Ann });
        Add("bob", $"{job:N}:1", new JsonObject { ["email"] = "bob" });
        var noted = Add("noted", $"{job:N}:2", new JsonObject { ["a"] = 1 });
        rig.Annotators.Work.Annotate(noted, 7, """[{"from_name":"t","to_name":"t","type":"textarea","value":{"text":["ann\u0040left.example"]}}]""");
        Add("somebody's", "of another system", new JsonObject { ["email"] = Ann });
        await AwayAsync(() => RetainAsync(tenant, kind));
        Assert.Equal((0L, 4), (await CountAsync("sync_data", tenant), NamesOf(tenant).Count));

        long Add(string name, string key, JsonObject data) => rig.Annotators.Work.Add(1, data, new JsonObject { ["datasync_key"] = key, ["tenant"] = tenant, ["name"] = name });
    }

    private List<string> NamesOf(string tenant) => [.. rig.Annotators.Work.Tasks(1).Where(t => t.Meta?["tenant"]?.GetValue<string>() == tenant).Select(t => t.Meta!["name"]!.GetValue<string>()).Order(StringComparer.Ordinal)];

    /// <summary>One pass, as days from now, of a tenant that keeps a kind for a day; then it keeps everything again.</summary>
    private async Task RetainAsync(string tenant, string kind)
    {
        await rig.Get<RetentionStore>().ReplaceAsync(tenant, new Dictionary<string, int>(StringComparer.Ordinal) { [kind] = 1 }, "operator", Ct);
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow.AddDays(5));
        await rig.Sweeper(time).SweepAsync(Ct);
        await rig.Get<RetentionStore>().ReplaceAsync(tenant, new Dictionary<string, int>(StringComparer.Ordinal), "operator", Ct);
    }

    private async Task AwayAsync(Func<Task> work)
    {
        rig.Annotators.Fault = static _ => FakeFault.Status(403);
        try
        {
            await work();
        }
        finally
        {
            rig.Annotators.Fault = static _ => null;
        }
    }

    private async Task<long> CountAsync(string table, string tenant) => (long)(await rig.SqlAsync($"SELECT count(*) FROM {table} WHERE tenant_id = $1", tenant))!;
}
