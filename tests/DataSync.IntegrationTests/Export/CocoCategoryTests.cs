using System.Text.Json;
using DataSync.Export.Coco.Categories;
using DataSync.IntegrationTests.Postgres;
using DataSync.IntegrationTests.Privacy;
using DataSync.Pipeline;
using DataSync.Pipeline.Privacy;
using DataSync.Sources;

namespace DataSync.IntegrationTests.Export;

/// <summary>Ids of COCO's categories that nobody configured, over the jobs of a source.</summary>
public sealed class CocoCategoryTests(PrivacyRig rig) : IClassFixture<PrivacyRig>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Jobs_of_a_source_give_a_category_the_same_id_and_new_ones_the_next()
    {
        foreach (var source in (string[])["photos", "others"]) await SourceAsync("deltas", source);
        await SourceAsync("neighbour", "photos");
        var deltas = Plan() with { SyncType = "incremental" };
        var first = await rig.JobAsync("deltas", "photos", deltas, [Image("cat"), Image("dog", "猫\0\"'")]);
        var second = await rig.JobAsync("deltas", "photos", deltas, [Image("bird"), Image("dog"), Image("猫\0\"'", "dog")]);

        Assert.Equal(["1 cat", "2 dog", "3 猫\0\"'"], Categories("deltas", first));
        Assert.Equal(["2 dog", "3 猫\0\"'", "4 bird"], Categories("deltas", second));
        Assert.Equal([4, 2, 3, 2], Annotated("deltas", second));
        Assert.Equal(["1 bird"], Categories("deltas", await rig.JobAsync("deltas", "others", deltas, [Image("bird")])));
        Assert.Equal(["1 bird"], Categories("neighbour", await rig.JobAsync("neighbour", "photos", deltas, [Image("bird")])));
    }

    [Fact]
    public async Task Export_made_again_gives_the_same_ids_in_its_place_and_as_a_job_of_its_own()
    {
        await SourceAsync("again", "photos");
        await rig.JobAsync("again", "photos", Plan(), [Image("cat"), Image("dog")]);
        var job = await rig.JobAsync("again", "photos", Plan(), [Image("bird"), Image("dog")]);
        await rig.JobAsync("again", "photos", Plan(), [Image("fish")]);
        Assert.Equal(["2 dog", "3 bird"], Categories("again", job));

        Assert.NotNull(await rig.Get<RewriteExport>()("again", job, static _ => Task.CompletedTask, Ct));
        Assert.Equal(["2 dog", "3 bird"], Categories("again", job));
        Assert.Equal([3, 2], Annotated("again", job));

        var run = await rig.Jobs.RunningAsync("again", "photos", Plan(), Ct);
        run.Progress.Restore(2, 0, 1);
        var own = await rig.EndAsync(run with { ExportOf = job, SourceType = "export", Checkpoint = new Checkpoint { Stage = Stages.Export } });
        Assert.Equal(["2 dog", "3 bird"], Categories("again", own));
        Assert.Equal([3, 2], Annotated("again", own));
    }

    [Fact]
    public async Task Configured_categories_keep_their_order_and_what_is_found_besides_comes_behind_them_by_its_number()
    {
        await SourceAsync("listed", "photos");
        var listed = Plan("""{"categories":["zebra","ape"]}""");
        Assert.Equal(["1 zebra", "2 ape", "3 new"], Categories("listed", await rig.JobAsync("listed", "photos", listed, [Image("new"), Image("ape")])));
        Assert.Equal(["1 zebra", "2 ape", "3 new", "4 other"], Categories("listed", await rig.JobAsync("listed", "photos", listed, [Image("other"), Image("new", "zebra")])));
        Assert.Equal(["1 zebra", "2 ape", "4 other"], Categories("listed", await rig.JobAsync("listed", "photos", listed, [Image("other")])));
        Assert.Equal(["1 \"new\"", "2 \"other\""], await RowsAsync("listed"));
    }

    [Fact]
    public async Task Numbers_asked_for_by_many_at_once_are_each_of_one_name()
    {
        await SourceAsync("crowd", "photos");
        var numbers = rig.Get<NumberCategories>();
        string[] names = [.. Enumerable.Range(0, 60).Select(i => $"name {i}")];
        var given = await Task.WhenAll(Enumerable.Range(0, 8).Select(async turn =>
        {
            Dictionary<string, int> mine = new(StringComparer.Ordinal);
            foreach (var some in names.Skip(turn * 7).Concat(names.Take(turn * 7)).Chunk(4))
            {
                foreach (var (name, number) in some.Zip((await numbers("crowd", "photos", some, Ct))!)) mine.Add(name, number);
            }

            return mine;
        }));
        Assert.All(given, mine => Assert.Equal(given[0].OrderBy(n => n.Key, StringComparer.Ordinal), mine.OrderBy(n => n.Key, StringComparer.Ordinal)));
        Assert.Equal(Enumerable.Range(1, names.Length), given[0].Values.Order());
    }

    [Fact]
    public async Task Export_that_streams_holds_up_no_other_of_its_source_and_both_agree()
    {
        await SourceAsync("both", "photos");
        var more = new TaskCompletionSource();
        var (slow, fast) = (Attempt("both"), Attempt("both"));
        var streaming = ExportAsync(slow, RecordsAsync(more.Task, [Image("cat")], [Image("dog", "ant")]));
        while ((await RowsAsync("both")).Count == 0 && !streaming.IsCompleted) await Task.Delay(20, Ct);

        await ExportAsync(fast, RecordsAsync(Task.CompletedTask, [Image("dog", "cat", "bee")]));
        more.SetResult();
        await streaming;

        Assert.Equal(["1 cat", "2 dog", "3 bee"], Categories("both", fast.JobId));
        Assert.Equal(["1 cat", "2 dog", "4 ant"], Categories("both", slow.JobId));
    }

    [Theory]
    [InlineData(SyncModes.Realtime)]
    [InlineData(SyncModes.Hybrid)]
    public async Task Export_from_memory_writes_no_name_and_numbers_by_appearance(string mode)
    {
        var tenant = "memory-" + mode;
        await SourceAsync(tenant, "photos");
        await rig.JobAsync(tenant, "photos", Plan(), [Image("dog")]);
        var run = Attempt(tenant, mode);
        await ExportAsync(run, RecordsAsync(Task.CompletedTask, [Image("cat"), Image("dog")]));
        Assert.Equal(["1 cat", "2 dog"], Categories(tenant, run.JobId));
        Assert.Equal(["1 \"dog\""], await RowsAsync(tenant));
    }

    [Fact]
    public async Task Deleted_source_takes_its_numbers_along_and_exports_of_its_jobs_number_by_appearance()
    {
        await SourceAsync("deleting", "photos");
        await rig.JobAsync("deleting", "photos", Plan(), [Image("cat")]);
        var job = await rig.JobAsync("deleting", "photos", Plan(), [Image("dog"), Image("cat")]);
        Assert.Equal(["1 cat", "2 dog"], Categories("deleting", job));

        await rig.Get<SourceStore>().DeleteAsync("deleting", "photos", static _ => true, Ct);
        Assert.Empty(await RowsAsync("deleting"));
        Assert.NotNull(await rig.Get<RewriteExport>()("deleting", job, static _ => Task.CompletedTask, Ct));
        Assert.Equal(["1 dog", "2 cat"], Categories("deleting", job));
        Assert.Empty(await RowsAsync("deleting"));
    }

    [Fact]
    public async Task Name_of_an_erased_person_goes_and_its_number_is_given_to_no_other()
    {
        await SourceAsync("erasing", "photos");
        var job = await rig.JobAsync("erasing", "photos", Plan(), [Image("anna@example.com"), Image("cat")]);
        var receipt = await rig.EraseAsync("erasing", PrivacyRig.Whole("anna@example.com"));
        Assert.Equal(("completed", 1L), (receipt.Status, receipt.Erased["categories"]));
        Assert.Equal(["1 -", "2 \"cat\""], await RowsAsync("erasing"));
        Assert.Equal(["2 cat"], Categories("erasing", job));
        Assert.Equal(["2 cat", "3 dog"], Categories("erasing", await rig.JobAsync("erasing", "photos", Plan(), [Image("dog", "cat")])));
    }

    private static SyncPlan Plan(string options = "{}") => new() { OutputFormats = ["coco"], Export = new ExportPlan { Options = new Dictionary<string, JsonElement>(StringComparer.Ordinal) { ["coco"] = JsonElement.Parse(options) } } };

    private static SyncRun Attempt(string tenant, string mode = SyncModes.Async)
        => TestJobs.Attempt(tenant, "photos", Guid.CreateVersion7(), 1, Plan() with { Mode = mode }, new Checkpoint { Stage = Stages.Export });

    private static string Image(params string[] categories)
        => JsonSerializer.Serialize(new { file_name = "a.png", width = 9, height = 9, annotations = categories.Select(c => new { category = c, bbox = (int[])[1, 1, 2, 2] }) });

    private static async IAsyncEnumerable<RecordBatch> RecordsAsync(Task beforeTheSecond, params string[][] batches)
    {
        var seq = 0L;
        foreach (var documents in batches)
        {
            if (seq > 0) await beforeTheSecond;
            var batch = new RecordBatch(seq, new RecordBuffer());
            foreach (var document in documents) batch.Raw.Add(System.Text.Encoding.UTF8.GetBytes(document));
            seq += documents.Length;
            yield return batch;
        }
    }

    private Task ExportAsync(SyncRun run, IAsyncEnumerable<RecordBatch> records)
        => rig.Get<IEnumerable<IStage>>().Single(s => s.Name == Stages.Export).RunAsync(new StageContext(run, _ => records), Ct);

    private Task<object?> SourceAsync(string tenant, string source) => rig.SqlAsync(
        """
        INSERT INTO data_source_configs (tenant_id, id, source_id, source_name, source_type, connection_params, extraction_params, sync, is_active, created_at, updated_at, created_by, version)
        VALUES ($1, gen_random_uuid(), $2, $2, 'database', '{}', '{}', '{}', true, now(), now(), '', 1)
        """, tenant, source);

    private Task<List<string>> RowsAsync(string tenant) => rig.ListAsync($"SELECT concat_ws(' ', id, coalesce(name, '-')) FROM coco_categories WHERE tenant_id = '{tenant}' ORDER BY source_id, id");

    private JsonElement File(string tenant, Guid job) => JsonElement.Parse(rig.Files(tenant)[$"{tenant}/{job:D}/coco.json"]);

    private IEnumerable<string> Categories(string tenant, Guid job) => File(tenant, job).GetProperty("categories").EnumerateArray().Select(c => $"{c.GetProperty("id")} {c.GetProperty("name").GetString()}");

    private IEnumerable<int> Annotated(string tenant, Guid job) => File(tenant, job).GetProperty("annotations").EnumerateArray().Select(a => a.GetProperty("category_id").GetInt32());
}
