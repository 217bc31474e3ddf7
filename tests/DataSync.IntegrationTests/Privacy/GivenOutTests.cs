using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using DataSync.IntegrationTests.Refine.LabelStudio;
using DataSync.Refine.Ai;
using DataSync.Refine.Ai.Answers;
using DataSync.Refine.Ai.Privacy;
using DataSync.Refine.Ai.Schema;

namespace DataSync.IntegrationTests.Privacy;

/// <summary>What a person is given out of what does not lie in a row of its own: files, tasks at Label Studio, models' answers. What cannot be given is named, and then the answer does not call itself whole.</summary>
public sealed class GivenOutTests(PrivacyRig rig) : IClassFixture<PrivacyRig>
{
    private const string Ann = "ann@out.example";
    private const int Bystanders = 200;
    private static readonly string[] Hers = [$$"""{"id":1,"to":[{"email":"{{Ann}}"}]}""", """{"id":2,"email":"ann\u0040out.example"}"""];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("jsonl", "none", "data.jsonl")]
    [InlineData("json", "gzip", "data-00001.json.gz")]
    [InlineData("csv", "zstd", "data.csv.zst")]
    public async Task Records_that_lie_in_files_alone_are_read_out_of_them_and_nobody_elses(string format, string compression, string first)
    {
        var tenant = "files-" + format;
        var job = await UnstoredAsync(tenant, compression, format);

        var given = await rig.GiveAsync(tenant, PrivacyRig.Whole(Ann));

        Assert.Equal(["exported_records", "exported_records", "exports", "end"], KindsOf(given));
        Assert.Equal((job, "s", first), (given[0].GetProperty("job_id").GetGuid(), Text(given[0], "source_id"), Text(given[0], "file")));
        string[] wanted = format == "csv" ? [$$"""{"id":"1","to":[{"email":"{{Ann}}"}]}""", $$"""{"id":"2","email":"{{Ann}}"}"""] : Hers;
        Assert.Equal(wanted, given.Take(2).Select(l => l.GetProperty("document").GetRawText()));
        Assert.Equal((job, 2, true), (given[2].GetProperty("job_id").GetGuid(), given[2].GetProperty("records").GetInt32(), IsWhole(given)));
    }

    [Fact]
    public async Task Fields_narrow_what_is_read_out_of_files()
    {
        await UnstoredAsync("files-narrow", "none", "jsonl");
        var given = await rig.GiveAsync("files-narrow", PrivacyRig.Whole(Ann) with { Fields = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal) { ["s"] = ["to.email"] } });
        Assert.Equal([Hers[0]], given.Where(l => Text(l, "kind") == "exported_records").Select(l => l.GetProperty("document").GetRawText()));
    }

    [Fact]
    public async Task File_that_cannot_be_read_back_is_named_unless_another_of_its_job_has_the_same_records()
    {
        var job = await UnstoredAsync("files-parquet", "none", "parquet");
        var given = await rig.GiveAsync("files-parquet", PrivacyRig.Whole(Ann));
        Assert.Equal(["exports", "exports", "end"], KindsOf(given));
        Assert.Equal((job, "data.parquet", "format"), (given[0].GetProperty("job_id").GetGuid(), Text(given[0], "file"), Text(given[0], "not_given")));
        Assert.Equal((0, false), (given[1].GetProperty("records").GetInt32(), IsWhole(given)));

        await UnstoredAsync("files-both", "none", "parquet", "csv");
        given = await rig.GiveAsync("files-both", PrivacyRig.Whole(Ann));
        Assert.Equal(["exported_records", "exported_records", "exports", "end"], KindsOf(given));
        Assert.True(IsWhole(given));
    }

    [Fact]
    public async Task File_that_is_cut_off_is_named_behind_what_could_be_read()
    {
        var job = await UnstoredAsync("files-broken", "none", "json");
        var path = Path.Combine(rig.Exports, "files-broken", job.ToString("D"), "data-00001.json");
        await File.WriteAllBytesAsync(path, (await File.ReadAllBytesAsync(path, Ct))[..^20], Ct);
        var given = await rig.GiveAsync("files-broken", PrivacyRig.Whole(Ann));
        Assert.Equal(["exported_records", "exported_records", "exports", "exports", "end"], KindsOf(given));
        Assert.Equal(("data-00001.json", "broken", false), (Text(given[2], "file"), Text(given[2], "not_given"), IsWhole(given)));
    }

    [Fact]
    public async Task Each_column_of_a_row_in_which_the_person_stands_is_given()
    {
        await rig.SqlAsync("INSERT INTO data_source_configs (tenant_id, id, source_id, source_name, source_type, connection_params, extraction_params, sync, is_active, created_at, updated_at, created_by, version) VALUES ('columns', gen_random_uuid(), 's', 's', 'database', '{}', '{}', '{}', true, now(), now(), '', 1)");
        await rig.SqlAsync("INSERT INTO sync_state (tenant_id, id, source_id, last_sync_timestamp, updated_at, last_record_id, state_data) VALUES ('columns', gen_random_uuid(), 's', now(), now(), $1, json_build_object('cursor', $1::text))", Ann);
        var given = await rig.GiveAsync("columns", PrivacyRig.Whole(Ann));
        Assert.Equal([("source_states", "s", "state_data"), ("source_states", "s", "last_record_id")], given.SkipLast(1).Select(l => (Text(l, "kind"), Text(l, "source_id"), Text(l, "field"))));
    }

    [Fact]
    public async Task Tasks_of_the_persons_records_are_read_at_their_server_and_one_that_is_away_is_named()
    {
        const string Tenant = "out-tasks";
        await BindAsync(Tenant);
        var jobs = new List<Guid>();
        for (var i = 0; i < 2; i++)
        {
            var job = await rig.JobAsync(Tenant, "s", PrivacyRig.Plan("jsonl"), [$$"""{"email":"{{Ann}}"}""", """{"email":"bob@out.example"}"""]);
            await rig.SqlAsync("""UPDATE sync_jobs SET config = (config::jsonb || '{"refinement_config":{"enable_label_studio":true,"label_studio_project_id":1,"label_studio_records":"all"}}')::json WHERE id = $1""", job);
            var hers = AddTask($"{job:N}:0", new JsonObject { ["email"] = Ann });
            rig.Annotators.Work.Annotate(hers, 7, """[{"value":{"text":["she is kind"]}}]""");
            rig.Annotators.Work.Annotate(AddTask($"{job:N}:1", new JsonObject { ["email"] = "bob@out.example" }), 7, """[{"value":{"text":["he is not"]}}]""");
            jobs.Add(job);
        }

        var given = await rig.GiveAsync(Tenant, PrivacyRig.Whole(Ann));
        Assert.Equal(["records", "records", "annotation_tasks", "annotation_tasks", "end"], KindsOf(given));
        Assert.Equal(jobs.Select(j => (j, 0)), given.Skip(2).Take(2).Select(l => (l.GetProperty("job_id").GetGuid(), l.GetProperty("seq").GetInt32())));
        Assert.Equal($$$"""{"data":{"email":"{{{Ann}}}"},"results":[[{"value":{"text":["she is kind"]}}]]}""", given[2].GetProperty("document").GetRawText());
        Assert.True(IsWhole(given));

        var before = rig.Annotators.Asked.Count;
        given = await AwayAsync(() => rig.GiveAsync(Tenant, PrivacyRig.Whole(Ann)));
        Assert.Equal(["records", "records", "annotation_tasks", "annotation_tasks", "end"], KindsOf(given));
        Assert.Equal(jobs.Select(j => (j, "errors.label_studio.authentication")), given.Skip(2).Take(2).Select(l => (l.GetProperty("job_id").GetGuid(), Text(l, "not_given"))));
        Assert.False(IsWhole(given));
        Assert.Equal(1, rig.Annotators.Asked.Skip(before).Count(a => a.StartsWith("GET /api/tasks/", StringComparison.Ordinal))); // once, and not once a job
    }

    [Fact]
    public async Task Tasks_whose_records_have_gone_are_looked_into_and_of_somebody_elses_only_what_names_the_person_is_given()
    {
        const string Tenant = "out-left";
        var job = Guid.CreateVersion7();
        await BindAsync(Tenant);
        await rig.SqlAsync("INSERT INTO label_studio_jobs (tenant_id, job_id, project_id) VALUES ($1, $2, 1)", Tenant, job);
        rig.Annotators.Work.Annotate(AddTask($"{job:N}:0", new JsonObject { ["email"] = Ann }), 7, """[{"value":{"text":["she is kind"]}}]""");
        var bobs = AddTask($"{job:N}:1", new JsonObject { ["email"] = "bob@out.example" });
        rig.Annotators.Work.Annotate(bobs, 7, """[{"value":{"text":["his own"]}}]""");
        rig.Annotators.Work.Annotate(bobs, 8, """[{"value":{"text":["ann@out.example"]}}]""");
        AddTask($"{job:N}:2", new JsonObject { ["email"] = "carl@out.example" });

        var given = await rig.GiveAsync(Tenant, PrivacyRig.Whole(Ann));
        Assert.Equal(
            [(0, $$$"""{"data":{"email":"{{{Ann}}}"},"results":[[{"value":{"text":["she is kind"]}}]]}"""), (1, $$$"""{"results":[[{"value":{"text":["{{{Ann}}}"]}}]]}""")],
            given.SkipLast(1).Select(l => (l.GetProperty("seq").GetInt32(), l.GetProperty("document").GetRawText())).Order());
        Assert.True(IsWhole(given));

        given = await AwayAsync(() => rig.GiveAsync(Tenant, PrivacyRig.Whole(Ann)));
        Assert.Equal(("annotation_tasks", 1, 1, "errors.label_studio.authentication"), (Text(given[0], "kind"), given[0].GetProperty("project_id").GetInt32(), given[0].GetProperty("jobs").GetInt32(), Text(given[0], "not_given")));
        Assert.False(IsWhole(given));
    }

    [Fact]
    public async Task Answers_that_models_gave_to_the_persons_records_are_given_though_they_name_nobody()
    {
        const string Tenant = "out-answers", Ai = """{"enable_ai_enhancement":true,"ai":{"tasks":["sentiment"]}}""";
        string[] documents = [$$"""{"email":"{{Ann}}","says":"good"}""", """{"email":"bob@out.example","says":"bad"}"""]; // what the model is sent has no address
        var job = await rig.JobAsync(Tenant, "s", PrivacyRig.Plan("jsonl"), documents);
        await rig.SqlAsync("UPDATE sync_jobs SET config = (config::jsonb || jsonb_build_object('refinement_config', $2::jsonb))::json WHERE id = $1", job, Ai);
        var plan = new AiPlanReader(rig.Get<AiModel>().Options).Read(PrivacyRig.Json(Ai));
        var prompt = new AiPrompt(plan);
        for (var i = 0; i < documents.Length; i++)
        {
            var key = AnswerKey.Of(Tenant, plan.Model, prompt.Version, prompt.Schema.GetRawText(), ShieldedRecord.Of(Encoding.UTF8.GetBytes(documents[i]), plan.Fields).Text);
            await rig.SqlAsync("INSERT INTO ai_answers (tenant_id, key, answer, input_tokens, output_tokens) VALUES ($1, $2, json_build_object('sentiment', $3::text), 1, 1)", Tenant, key, i == 0 ? "hers" : "his");
        }

        var given = await rig.GiveAsync(Tenant, PrivacyRig.Whole(Ann));
        Assert.Equal(["records", "ai_answers", "end"], KindsOf(given));
        Assert.Equal((job, 0, "hers"), (given[1].GetProperty("job_id").GetGuid(), given[1].GetProperty("seq").GetInt32(), Text(given[1].GetProperty("document"), "sentiment")));
    }

    /// <summary>A job whose files are all there is of its records.</summary>
    private async Task<Guid> UnstoredAsync(string tenant, string compression, params string[] formats)
    {
        string[] documents = [.. Hers, .. Enumerable.Range(3, Bystanders).Select(i => $$"""{"id":{{i}},"email":"bystander-{{i}}@out.example"}""")];
        var plan = PrivacyRig.Plan(formats);
        var job = await rig.JobAsync(tenant, "s", plan with { Export = plan.Export with { Compression = compression } }, documents);
        await rig.SqlAsync("DELETE FROM sync_data WHERE job_id = $1", job);
        return job;
    }

    private Task<object?> BindAsync(string tenant) => rig.SqlAsync("INSERT INTO label_studio_projects (tenant_id, project_id, version, created_by, created_at, updated_at) VALUES ($1, 1, 1, '', now(), now())", tenant);

    private long AddTask(string key, JsonObject data) => rig.Annotators.Work.Add(1, data, new JsonObject { ["datasync_key"] = key });

    private async Task<T> AwayAsync<T>(Func<Task<T>> work)
    {
        rig.Annotators.Fault = static _ => FakeFault.Status(403);
        try
        {
            return await work();
        }
        finally
        {
            rig.Annotators.Fault = static _ => null;
        }
    }

    private static IEnumerable<string> KindsOf(IEnumerable<JsonElement> lines) => lines.Select(l => Text(l, "kind"));

    private static string Text(JsonElement line, string member) => line.TryGetProperty(member, out var value) ? value.GetString()! : "";

    private static bool IsWhole(List<JsonElement> lines) => lines[^1].GetProperty("complete").GetBoolean();
}
