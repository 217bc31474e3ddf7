using System.Globalization;
using System.Text;
using System.Text.Json;
using DataSync.Export;
using DataSync.IntegrationTests.Refine.LabelStudio;
using DataSync.Jobs.Hangfire;
using DataSync.Pipeline;
using DataSync.Pipeline.Privacy;
using DataSync.Privacy.Subjects.Finding;
using DataSync.Privacy.Subjects.Stores;
using DataSync.Refine.Ai;
using DataSync.Refine.Ai.Answers;
using DataSync.Refine.Ai.Privacy;
using DataSync.Refine.Ai.Schema;
using Hangfire;
using Hangfire.States;

namespace DataSync.IntegrationTests.Privacy;

/// <summary>
/// A hundred people are planted everywhere that something of a record may be, in two tenants, and erased from one of them. A search by the catalog of every table, of every file and of the logs finds none
/// of them there; whatever the other tenant has is, byte for byte, what it was.
/// </summary>
public sealed class PlantedSubjectsTests(PrivacyRig rig) : IClassFixture<PrivacyRig>
{
    private const int Subjects = 100, PerJob = 25;
    private const string Marker = "planted.example";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_hundred_planted_subjects_are_found_nowhere_after_their_erasure_and_the_other_tenant_is_as_it_was()
    {
        foreach (var tenant in (string[])["erased", "other"]) await PlantAsync(tenant);
        var (rows, files) = (await rig.DigestsAsync("other"), rig.Files("other"));
        await rig.SqlAsync("ANALYZE idempotency_keys, webhook_deliveries, sync_jobs, sync_job_attempts, sync_rejections, sync_enrichments, sync_state, ai_answers, sync_data");
        Assert.NotEmpty(await HoldersAsync("erased"));
        await AssertHangfireIsSearchedAsync();
        foreach (var kind in (string[])[".jsonl", ".jsonl.gz", ".jsonl.zst", ".json", ".csv", ".parquet", "croissant.json"]) Assert.True(rig.Files("erased").Any(f => f.Key.EndsWith(kind, StringComparison.Ordinal) && Holds(f.Value)), kind);
        var bystanders = (long)(await rig.SqlAsync("SELECT count(*) FROM sync_data WHERE tenant_id = 'erased' AND raw_data::text LIKE '%bystander%'"))!;

        for (var i = 0; i < Subjects; i++)
        {
            var subject = PrivacyRig.Whole(Name(i));
            var found = await PreviewAsync("erased", subject);
            var receipt = await rig.EraseAsync("erased", subject);
            Assert.Equal("completed", receipt.Status);
            foreach (var kind in (string[])["records", "enrichments", "rejections", "deliveries", "ai_answers", "job_details", "annotation_tasks", "kept_answers"])
                Assert.True(receipt.Erased.GetValueOrDefault(kind) == found.GetValueOrDefault(kind) && (receipt.Erased.GetValueOrDefault(kind) > 0 || (kind == "rejections" && i % PerJob >= PerJob / 5)), $"{i} {kind}: {receipt.Erased.GetValueOrDefault(kind)} of {found.GetValueOrDefault(kind)}");
            Assert.True(receipt.Erased["exports_rewritten"] >= 2, "its job's files and those of the export made again");
            Assert.Equal(i == 3 ? (1, 1) : (0, 0), (found.GetValueOrDefault("exports_without_records"), receipt.Erased.GetValueOrDefault("exports_deleted")));
            Assert.DoesNotContain(Marker, JsonSerializer.Serialize(receipt), StringComparison.Ordinal);
        }

        Assert.Empty(await HoldersAsync("erased"));
        Assert.Empty(rig.Files("erased").Where(f => Holds(f.Value)).Select(f => f.Key));
        Assert.Equal(0L, await rig.SqlAsync(
            "SELECT count(*) FROM pg_stats, concat(most_common_vals::text, histogram_bounds::text, most_common_elems::text) s WHERE position($1 in s) > 0 OR position(encode(convert_to($1, 'UTF8'), 'hex') in s) > 0", Marker));
        Assert.DoesNotContain(rig.Logs.Lines, l => l.Contains(Marker, StringComparison.Ordinal));
        Assert.DoesNotContain(rig.Annotators.Work.Tasks(1), t => t.Data.ToJsonString().Contains(Marker, StringComparison.Ordinal) && Of(t.Meta) == "erased");
        Assert.Equal(rows, await rig.DigestsAsync("other"));
        Assert.Equal(files.Keys, rig.Files("other").Keys);
        Assert.All(rig.Files("other"), f => Assert.Equal(files[f.Key], f.Value));

        // Everybody else's records are still there, in the rows and in files that are whole.
        Assert.Equal(bystanders, await rig.SqlAsync("SELECT count(*) FROM sync_data WHERE tenant_id = 'erased' AND raw_data::text LIKE '%bystander%'"));
        await AssertWholeAsync("erased");
        Assert.Equal(1L, await rig.SqlAsync("SELECT count(*) FROM webhook_deliveries WHERE tenant_id = 'erased' AND encode(payload, 'escape') LIKE '%bystander-in-the-inbox%'"));
    }

    [Fact]
    public async Task Fields_narrow_a_source_and_a_longer_text_counts_only_where_it_is_asked_for()
    {
        await rig.JobAsync("narrow", "s", PrivacyRig.Plan("jsonl"), ["""{"email":"zoe@narrow.example"}""", """{"to":[{"email":"zoe@narrow.example"}]}""", """{"note":"mail of zoe@narrow.example."}""", """{"note":"xzoe@narrow.example"}""", """{"email":"z\u006fe@narrow.example"}"""]);
        var whole = PrivacyRig.Whole("zoe@narrow.example");
        Assert.Equal(3, (await PreviewAsync("narrow", whole))["records"]);
        Assert.Equal(4, (await PreviewAsync("narrow", whole with { Within = true }))["records"]);
        var fields = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal) { ["s"] = ["to.email"] };
        Assert.Equal(1, (await PreviewAsync("narrow", whole with { Fields = fields }))["records"]);
        Assert.Empty(await PreviewAsync("other-tenant", whole));
    }

    [Fact]
    public async Task Everything_of_a_subject_is_given_out_as_lines_and_nothing_of_anybody_else()
    {
        await rig.JobAsync("given", "s", PrivacyRig.Plan("jsonl"), ["""{"id":1,"email":"ann@given.example","n":1.50}""", """{"id":2,"email":"bob@given.example"}""", """{"id":3,"email":"ann@given.example"}"""], d => d.Contains("\"id\":3", StringComparison.Ordinal));
        await rig.SqlAsync("INSERT INTO sync_enrichments (tenant_id, job_id, kind, seq, outcome, result) SELECT tenant_id, job_id, 'ai', seq, 'completed', '{\"mood\":\"good\"}' FROM sync_data WHERE tenant_id = 'given'");
        using var stream = new MemoryStream();
        var writer = new DataSync.Privacy.Subjects.Access.SubjectWriter(rig.Jobs.Tenants, stream);
        var search = new SubjectSearch("given", new SubjectMatch(PrivacyRig.Whole("ann@given.example")));
        foreach (var store in rig.Get<IEnumerable<IHoldsSubjects>>().OrderBy(s => s.Order)) await store.WriteAsync(search, writer, Ct);
        var lines = Encoding.UTF8.GetString(stream.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonElement.Parse(l)).ToList();
        Assert.Equal(["records", "rejections", "enrichments"], lines.Select(l => l.GetProperty("kind").GetString()));
        Assert.Equal("""{"id":1,"email":"ann@given.example","n":1.50}""", lines[0].GetProperty("raw_data").GetRawText());
        Assert.Equal("""{"id":3,"email":"ann@given.example"}""", lines[1].GetProperty("original").GetRawText());
    }

    [Fact]
    public async Task A_job_that_is_under_way_is_waited_for_and_what_it_wrote_meanwhile_goes_too()
    {
        var run = await rig.Jobs.RunningAsync("meanwhile", "s", PrivacyRig.Plan("jsonl"), Ct);
        var request = await rig.Get<DataSync.Privacy.Subjects.Erasure.ErasureRequests>().AddAsync(PrivacyRig.Caller("meanwhile"), PrivacyRig.Whole("late@meanwhile.example"), null, Ct);
        var worker = rig.Get<DataSync.Privacy.Subjects.Erasure.ErasureWorker>();
        await worker.RunDueAsync(Ct);
        var waiting = (await rig.Get<DataSync.Privacy.Subjects.Erasure.ErasureRequests>().FindAsync("meanwhile", request.RequestId, Ct))!;
        Assert.Equal(("waiting", "errors.privacy.jobs_open"), (waiting.Status, waiting.Failure));

        await new DataSync.Process.Async.AsyncStrategy(rig.Jobs.Tenants, TimeProvider.System).StoreAsync(run, DataSync.IntegrationTests.Postgres.Batches.Of(["""{"email":"late@meanwhile.example"}""", """{"email":"stays"}"""], 2, _ => { }, Ct), Ct);
        var job = await rig.EndAsync(run with { Checkpoint = new Checkpoint { Stage = Stages.Export } });
        await rig.SqlAsync("UPDATE privacy_requests SET not_before = NULL");
        await worker.RunDueAsync(Ct);
        var receipt = (await rig.Get<DataSync.Privacy.Subjects.Erasure.ErasureRequests>().FindAsync("meanwhile", request.RequestId, Ct))!;
        Assert.Equal(("completed", 1L), (receipt.Status, receipt.Erased["records"]));
        Assert.Equal("{\"email\":\"stays\"}\n", Encoding.UTF8.GetString(rig.Files("meanwhile")[$"meanwhile/{job:D}/data.jsonl"]));
        Assert.Equal(1L, await rig.SqlAsync("SELECT count(*) FROM privacy_requests WHERE tenant_id = 'meanwhile' AND subject IS NULL"));
    }

    [Fact]
    public async Task A_walk_that_is_ended_anywhere_goes_on_where_it_was_and_counts_nothing_twice_however_many_workers_there_are()
    {
        string[] documents = [.. Enumerable.Range(0, 1300).Select(i => i < 1200 ? $$"""{"id":{{i}},"email":"ann@interrupted.example"}""" : $$"""{"id":{{i}},"email":"bob"}""")];
        var job = await rig.JobAsync("interrupted", "s", PrivacyRig.Plan("jsonl"), documents);
        await rig.SqlAsync(
            """
            INSERT INTO webhook_deliveries (tenant_id, delivery_id, source_id, received_at, bytes, payload, replays)
            SELECT 'interrupted', gen_random_uuid(), 'hooks', now(), 1, convert_to('{"email":"ann@interrupted.example"}', 'UTF8'), 0 FROM generate_series(1, 120)
            """);
        var requests = rig.Get<DataSync.Privacy.Subjects.Erasure.ErasureRequests>();
        var worker = rig.Get<DataSync.Privacy.Subjects.Erasure.ErasureWorker>();
        var id = (await requests.AddAsync(PrivacyRig.Caller("interrupted"), PrivacyRig.Whole("ann@interrupted.example"), null, Ct)).RequestId;
        var interruptions = 0;
        for (var patience = 1; (await requests.FindAsync("interrupted", id, Ct))!.CompletedAt is null; patience += 4)
        {
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(Ct);
            ended.CancelAfter(patience);
            try
            {
                await Task.WhenAll(worker.RunDueAsync(ended.Token), worker.RunDueAsync(ended.Token));
            }
            catch (Exception) when (ended.IsCancellationRequested && !Ct.IsCancellationRequested)
            {
                interruptions++;
            }

            await rig.SqlAsync("UPDATE privacy_requests SET not_before = NULL WHERE tenant_id = 'interrupted'");
        }

        Assert.True(interruptions > 2, $"ended {interruptions} times on the way");
        var receipt = (await requests.FindAsync("interrupted", id, Ct))!;
        Assert.Equal(("completed", 1200L, 120L, 1L), (receipt.Status, receipt.Erased["records"], receipt.Erased["deliveries"], receipt.Erased["exports_rewritten"]));
        Assert.Equal(100, Encoding.UTF8.GetString(rig.Files("interrupted")[$"interrupted/{job:D}/data.jsonl"]).Count(c => c == '\n'));
    }

    [Fact]
    public async Task Annotators_that_do_not_answer_hold_a_request_up_by_name_and_their_task_is_not_forgotten()
    {
        var job = await rig.JobAsync("away", "s", PrivacyRig.Plan("jsonl"), ["""{"email":"ann@away.example"}""", """{"email":"bob"}"""]);
        await rig.SqlAsync("INSERT INTO label_studio_projects (tenant_id, project_id, version, created_by, created_at, updated_at) VALUES ('away', 1, 1, '', now(), now())");
        await rig.SqlAsync("""UPDATE sync_jobs SET config = (config::jsonb || '{"refinement_config":{"enable_label_studio":true,"label_studio_project_id":1,"label_studio_records":"all"}}')::json WHERE id = $1""", job);
        rig.Annotators.Work.Add(1, System.Text.Json.Nodes.JsonNode.Parse("""{"email":"ann@away.example"}""")!, new System.Text.Json.Nodes.JsonObject { ["datasync_key"] = $"{job:N}:0", ["tenant"] = "away" });
        var requests = rig.Get<DataSync.Privacy.Subjects.Erasure.ErasureRequests>();
        var id = (await requests.AddAsync(PrivacyRig.Caller("away"), PrivacyRig.Whole("ann@away.example"), null, Ct)).RequestId;
        rig.Annotators.Fault = static _ => FakeFault.Status(403);
        try
        {
            await rig.Get<DataSync.Privacy.Subjects.Erasure.ErasureWorker>().RunDueAsync(Ct);
        }
        finally
        {
            rig.Annotators.Fault = static _ => null;
        }

        var waiting = (await requests.FindAsync("away", id, Ct))!;
        Assert.Equal("waiting", waiting.Status);
        Assert.StartsWith("errors.label_studio.", waiting.Failure, StringComparison.Ordinal);
        Assert.Equal(2L, await rig.SqlAsync("SELECT count(*) FROM sync_data WHERE tenant_id = 'away'")); // only the record tells which task it became

        await rig.SqlAsync("UPDATE privacy_requests SET not_before = NULL WHERE tenant_id = 'away'");
        await rig.Get<DataSync.Privacy.Subjects.Erasure.ErasureWorker>().RunDueAsync(Ct);
        var receipt = (await requests.FindAsync("away", id, Ct))!;
        Assert.Equal(("completed", 1L, 1L), (receipt.Status, receipt.Erased["records"], receipt.Erased["annotation_tasks"]));
        Assert.DoesNotContain(rig.Annotators.Work.Tasks(1), t => Of(t.Meta) == "away");
    }

    [Fact]
    public async Task Hashes_that_an_ended_job_keeps_for_its_retry_go_and_it_begins_again_while_those_of_a_running_one_stay()
    {
        var (failed, running) = ((await rig.Jobs.RunningAsync("seen", "s", PrivacyRig.Plan("jsonl"), Ct)).JobId, (await rig.Jobs.RunningAsync("seen", "t", PrivacyRig.Plan("jsonl"), Ct)).JobId);
        await rig.SqlAsync("UPDATE sync_jobs SET status = 'failed', completed_at = now(), checkpoint = $2::json WHERE id = $1", failed, """{"stage":"extract","next_seq":5,"resume":{"after":"nul \u0000"}}""");
        foreach (var job in (Guid[])[failed, running]) await rig.SqlAsync("INSERT INTO sync_seen_values (tenant_id, job_id, name, upto, hashes) VALUES ('seen', $1, 'email', 5, 'x')", job);
        await rig.Get<DataSync.Privacy.Subjects.Erasure.ErasureRequests>().AddAsync(PrivacyRig.Caller("seen"), PrivacyRig.Whole("ann@seen.example"), null, Ct);
        await rig.Get<DataSync.Privacy.Subjects.Erasure.ErasureWorker>().RunDueAsync(Ct);
        Assert.Equal([running.ToString()], await rig.ListAsync("SELECT job_id::text FROM sync_seen_values WHERE tenant_id = 'seen'"));
        Assert.Equal("""{"stage":"extract","next_seq":5,"resume":null}""", await rig.SqlAsync("SELECT checkpoint::text FROM sync_jobs WHERE id = $1", failed));
    }

    [Fact]
    public async Task Turn_is_one_workers_at_a_time_and_confirmed_to_all_its_files_at_once()
    {
        await using (var turn = await DataSync.Privacy.TenantTurn.TakeAsync(rig.Jobs.Tenants, "turns", Ct))
        {
            Assert.NotNull(turn);
            Assert.Null(await DataSync.Privacy.TenantTurn.TakeAsync(rig.Jobs.Tenants, "turns", Ct));
            await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => turn.ConfirmAsync(Ct), Ct)));
        }

        await using var next = await DataSync.Privacy.TenantTurn.TakeAsync(rig.Jobs.Tenants, "turns", Ct);
        Assert.NotNull(next);
    }

    private static string Name(int i) => string.Create(CultureInfo.InvariantCulture, $"subject-{i:D3}@{Marker}");

    private static string Document(int i) => (i % 4) switch
    {
        0 => $$$"""{"id":{{{i}}},"email":"{{{Name(i)}}}"}""",
        1 => $$$"""{"id":{{{i}}},"who":{"list":[{"mail":"{{{Name(i).Replace("@", "\\u0040", StringComparison.Ordinal)}}}"}]}}""",
        2 => $$$"""{"id":{{{i}}},"{{{Name(i)}}}":"as a name"}""",
        _ => $$$"""{"id":{{{i}}},"note":"a \"quote\"","email":"{{{Name(i).Replace("s", "\\u0073", StringComparison.Ordinal)}}}"}""",
    };

    private async Task PlantAsync(string tenant)
    {
        var ai = $$"""{"enable_ai_enhancement":true,"ai":{"tasks":["sentiment"]},"enable_label_studio":true,"label_studio_project_id":1,"label_studio_records":"all"}""";
        var (options, plan) = (rig.Get<AiModel>().Options, new AiPlanReader(rig.Get<AiModel>().Options).Read(PrivacyRig.Json(ai)));
        var prompt = new AiPrompt(plan);
        await rig.SqlAsync("INSERT INTO label_studio_projects (tenant_id, project_id, version, created_by, created_at, updated_at) VALUES ($1, 1, 1, '', now(), now())", tenant);
        for (var first = 0; first < Subjects; first += PerJob)
        {
            var own = Enumerable.Range(first, PerJob).Select(Document).ToList();
            string[] documents = [.. own, .. Enumerable.Range(first, PerJob).Select(i => $$"""{"id":{{i}},"email":"bystander-{{i}}@example.com"}"""), .. Enumerable.Range(first, PerJob / 5).Select(i => $$"""{"refused":true,"email":"{{Name(i)}}"}""")];
            var job = await rig.JobAsync(tenant, "s", Plan(first), documents, d => d.Contains("refused", StringComparison.Ordinal));
            await rig.SqlAsync("UPDATE sync_jobs SET config = (config::jsonb || jsonb_build_object('refinement_config', $2::jsonb))::json WHERE id = $1", job, ai);
            await AgainAsync(tenant, job);
            new BackgroundJobClient(rig.Get<JobStorage>()).Create<SyncJobEntry>(entry => entry.RunAsync(tenant, job, CancellationToken.None), new EnqueuedState(SyncJobEntry.Queue));
            for (var i = 0; i < PerJob; i++)
            {
                var (name, text) = (Name(first + i), ShieldedRecord.Of(Encoding.UTF8.GetBytes(own[i]), plan.Fields).Text);
                rig.Annotators.Work.Add(1, System.Text.Json.Nodes.JsonNode.Parse(own[i])!, new System.Text.Json.Nodes.JsonObject { ["datasync_key"] = $"{job:N}:{i}", ["tenant"] = tenant });
                await rig.SqlAsync(
                    """
                    WITH a AS (INSERT INTO ai_answers (tenant_id, key, answer, input_tokens, output_tokens) VALUES ($1, $3, '{"sentiment":"made of the record"}', 1, 1)),
                    e AS (INSERT INTO sync_enrichments (tenant_id, job_id, kind, seq, outcome, result) VALUES ($1, $4, 'ai', $5, 'completed', json_build_object('entity', $2::text))),
                    k AS (INSERT INTO idempotency_keys (tenant_id, operation, key, fingerprint, claim_id, expires_at, created_at, status, body) VALUES ($1, '\x01', $2, '\x00', gen_random_uuid(), now() + interval '1 day', now(), 200, convert_to('{"v":"' || $2 || '"}', 'UTF8'))),
                    j AS (INSERT INTO sync_jobs SELECT (jsonb_populate_record(j, jsonb_build_object('id', gen_random_uuid(), 'result', NULL, 'status', 'queued', 'completed_at', NULL, 'error_details', '{"v":"' || $2 || '"}', 'checkpoint', ('{"stage":"extract","resume":{"after":"' || $2 || '"}}')::jsonb))).* FROM sync_jobs j WHERE id = $4),
                    d AS (INSERT INTO webhook_deliveries (tenant_id, delivery_id, source_id, webhook_id, received_at, bytes, payload, replays) VALUES ($1, gen_random_uuid(), 'hooks', $2, now(), 1, convert_to('{"email":"' || $2 || '"}', 'UTF8'), 0))
                    SELECT 1
                    """,
                    tenant, name, AnswerKey.Of(tenant, plan.Model, prompt.Version, prompt.Schema.GetRawText(), text), job, (long)i);
            }
        }

        await rig.SqlAsync("UPDATE sync_jobs SET status = 'cancelled', completed_at = now() WHERE tenant_id = $1 AND status = 'queued'", tenant);
        var batch = "[" + string.Join(",", Enumerable.Range(0, Subjects).Select(Document).Append("""{"email":"bystander-in-the-inbox"}""")) + "]";
        await rig.SqlAsync("INSERT INTO webhook_deliveries (tenant_id, delivery_id, source_id, received_at, bytes, payload, replays) VALUES ($1, gen_random_uuid(), 'hooks', now(), 1, $2, 0)", tenant, Encoding.UTF8.GetBytes(batch));
        await rig.SqlAsync("INSERT INTO data_source_configs (tenant_id, id, source_id, source_name, source_type, connection_params, extraction_params, sync, is_active, created_at, updated_at, created_by, version) VALUES ($1, gen_random_uuid(), 's', 's', 'database', '{}', '{}', '{}', true, now(), now(), '', 1)", tenant);
        await rig.SqlAsync("INSERT INTO sync_state (tenant_id, id, source_id, last_sync_timestamp, updated_at, last_record_id, state_data) VALUES ($1, gen_random_uuid(), 's', now(), now(), $2, json_build_object('cursor', $2::text))", tenant, Name(0));

        // Files whose records nobody has any more.
        var lost = await rig.JobAsync(tenant, "s", PrivacyRig.Plan("jsonl"), [Document(3), """{"email":"lost bystander"}"""]);
        await rig.SqlAsync("DELETE FROM sync_data WHERE job_id = $1", lost);
    }

    /// <summary>The first job's and the third's files are compressed, the second's split, described and columnar as well.</summary>
    private static SyncPlan Plan(int first)
    {
        var options = new Dictionary<string, JsonElement>(StringComparer.Ordinal)
        {
            ["split"] = PrivacyRig.Json("""{"train":50,"test":50}"""),
            ["dataset"] = PrivacyRig.Json("""{"name":"people","description":"people","license":"CC-BY-4.0","url":"https://example.com/people","creator":"Acme"}"""),
        };
        return PrivacyRig.Plan(first == PerJob ? ["jsonl", "csv", "parquet"] : ["jsonl", "json", "csv"]) with
        {
            Export = new ExportPlan { PageSize = 20, Compression = first switch { 0 => "gzip", 2 * PerJob => "zstd", _ => "none" }, Options = first == PerJob ? options : new Dictionary<string, JsonElement>(StringComparer.Ordinal) },
        };
    }

    private async Task AgainAsync(string tenant, Guid job)
    {
        var run = await rig.Jobs.RunningAsync(tenant, "s", PrivacyRig.Plan("csv"), Ct);
        await rig.SqlAsync("UPDATE sync_jobs SET export_of = $2, source_type = 'export' WHERE id = $1", run.JobId, job);
        await rig.EndAsync(run with { ExportOf = job, Checkpoint = new Checkpoint { Stage = Stages.Export } });
    }

    private async Task<SortedDictionary<string, long>> PreviewAsync(string tenant, DataSync.Privacy.Subjects.Subject subject)
    {
        var search = new SubjectSearch(tenant, new SubjectMatch(subject));
        foreach (var store in rig.Get<IEnumerable<IHoldsSubjects>>().OrderBy(s => s.Order)) await store.CountAsync(search, Ct);
        return search.Counts;
    }

    /// <summary>Every column of text, JSON or bytes, of every table there is, in which a planted name stands: with the number of its rows.</summary>
    private async Task<List<string>> HoldersAsync(string tenant)
    {
        var columns = await rig.ListAsync(
            """
            SELECT format('%I.%I', n.nspname, c.relname) || '|' || a.attname || '|' || t.typname || '|' || EXISTS (SELECT FROM pg_attribute o WHERE o.attrelid = c.oid AND o.attname = 'tenant_id')
            FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_type t ON t.oid = a.atttypid
            WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped
                AND t.typname IN ('text', 'varchar', 'bpchar', 'json', 'jsonb', 'bytea', '_text', '_varchar')
            """);
        Assert.True(columns.Count > 100, "the catalog gave hardly any column");
        List<string> holders = [];
        foreach (var column in columns.Select(c => c.Split('|')))
        {
            var text = column[2] == "bytea" ? $"encode({column[1]}, 'escape')" : $"{column[1]}::text";
            var rows = (long)(await rig.SqlAsync($"SELECT count(*) FROM {column[0]} WHERE position($1 in {text}) > 0" + (column[3] == "true" ? " AND tenant_id = $2" : " AND $2 <> ''"), Marker, tenant))!;
            if (rows > 0) holders.Add($"{column[0]}.{column[1]}: {rows}");
        }

        return holders;
    }

    /// <summary>The engine handed jobs out, and somebody in a table of Hangfire's would be found.</summary>
    private async Task AssertHangfireIsSearchedAsync()
    {
        Assert.Equal(2L * Subjects / PerJob, await rig.SqlAsync("SELECT count(*) FROM hangfire.job"));
        await rig.SqlAsync("INSERT INTO hangfire.hash (key, field, value) VALUES ('control', 'control', $1)", Name(0));
        Assert.Contains("hangfire.hash.value: 1", await HoldersAsync("erased"));
        await rig.SqlAsync("DELETE FROM hangfire.hash WHERE key = 'control'");
    }

    /// <summary>Each export that is left has a manifest, and each file of it the bytes, the records and the hash that manifest and sums say.</summary>
    private async Task AssertWholeAsync(string tenant)
    {
        foreach (var folder in Directory.GetDirectories(Path.Combine(rig.Exports, tenant)))
        {
            var job = Guid.ParseExact(Path.GetFileName(folder), "D");
            var listed = await rig.Get<ExportFiles>().ListAsync(tenant, job, Ct);
            Assert.Equal(Directory.GetFiles(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal), listed.Select(f => f.Name).Order(StringComparer.Ordinal));
            var sums = await File.ReadAllTextAsync(Path.Combine(folder, "SHA256SUMS"), Ct);
            foreach (var file in listed)
            {
                var bytes = await File.ReadAllBytesAsync(Path.Combine(folder, file.Name), Ct);
                Assert.Equal((file.Bytes, file.Sha256), (bytes.LongLength, Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes))));
                if (file.Name is not ("SHA256SUMS" or "manifest.json")) Assert.Contains($"{file.Sha256}  {file.Name}\n", sums, StringComparison.Ordinal);
            }

            var said = (string)(await rig.SqlAsync("SELECT result::text FROM sync_jobs WHERE id = $1", job))!;
            Assert.All(listed, f => Assert.Contains(f.Sha256, said, StringComparison.Ordinal));
        }
    }

    private static bool Holds(byte[] bytes) => new WrittenText(Marker).IsIn(bytes) || Enumerable.Range(0, Subjects).Any(i => new WrittenText(Name(i)).IsIn(bytes));

    private static string? Of(System.Text.Json.Nodes.JsonNode? meta) => meta?["tenant"]?.GetValue<string>();
}
