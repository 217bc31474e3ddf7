using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Tests.Export.Csv;
using DataSync.Tests.Export.Parquet;

namespace DataSync.Tests.Export.Records;

public sealed class RecordViewTests : IDisposable
{
    private readonly ExportRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Theory]
    [InlineData("""{"a":1}""", null, """{"a":1,"_original":null}""")]
    [InlineData("""{}""", null, """{"_original":null}""")]
    [InlineData("""{ } """, null, """{"_original":null}""")]
    [InlineData("""{"a":1,"b":2}""", """{"a":1,"b":3}""", """{"a":1,"b":3,"_original":{"b":2}}""")]
    [InlineData("""{"a":1,"b":2}""", """{"b":2}""", """{"b":2,"_original":{"a":1}}""")]
    [InlineData("""{"a":1}""", """{"a":1,"new":true}""", """{"a":1,"new":true,"_original":null}""")]
    [InlineData("""{"a":{"b":1,"c":2}}""", """{"a":{"b":1,"c":3}}""", """{"a":{"b":1,"c":3},"_original":{"a":{"b":1,"c":2}}}""")]
    [InlineData("""{"a":1,"b":2,"c":3}""", """{"c":3,"a":1,"b":2}""", """{"c":3,"a":1,"b":2,"_original":null}""")]
    [InlineData("""{"a":1.10}""", """{"a":1.1}""", """{"a":1.1,"_original":{"a":1.10}}""")]
    [InlineData("""{"a":1,"a":2}""", """{"a":2}""", """{"a":2,"_original":{"a":1}}""")]
    [InlineData("""{"a":1}""", """{}""", """{"_original":{"a":1}}""")]
    [InlineData("""{"_original":1,"__original":2}""", null, """{"_original":1,"__original":2,"___original":null}""")]
    [InlineData("""{"_origin\u0061l":1}""", null, """{"_origin\u0061l":1,"__original":null}""")]
    [InlineData("""{"___original":3,"__original":2,"_original":1}""", null, """{"___original":3,"__original":2,"_original":1,"____original":null}""")]
    [InlineData("""{"__original":2}""", null, """{"__original":2,"_original":null}""")]
    [InlineData("""{"_original":1}""", """{"_original":2}""", """{"_original":2,"__original":{"_original":1}}""")]
    [InlineData("""{"x_original":1,"a":{"_original":2}}""", null, """{"x_original":1,"a":{"_original":2},"_original":null}""")]
    [InlineData("""[1]""", null, """{"_value":[1],"_original":null}""")]
    [InlineData("""[1]""", """{"a":1}""", """{"a":1,"_original":[1]}""")]
    [InlineData("""1""", """2""", """{"_value":2,"_original":1}""")]
    public async Task Refined_record_shows_what_was_overwritten(string raw, string? refined, string exported)
    {
        _rig.Refines();
        await _rig.RunAsync([raw], [refined], ct: TestContext.Current.CancellationToken);
        Assert.Equal(exported + "\n", _rig.Read("data.jsonl"));
    }

    [Theory]
    [InlineData(false, true, """{"a":2}""")]
    [InlineData(true, false, """{"a":1}""")]
    public async Task Only_one_of_both_is_shown_where_the_plan_says_so(bool original, bool enhanced, string exported)
    {
        _rig.Refines();
        _rig.Plan = _rig.Plan with { Export = new ExportPlan { IncludeOriginal = original, IncludeEnhanced = enhanced } };
        await _rig.RunAsync(["""{"a":1}"""], ["""{"a":2}"""], ct: TestContext.Current.CancellationToken);
        Assert.Equal(exported + "\n", _rig.Read("data.jsonl"));
    }

    [Fact]
    public async Task Job_without_refinement_keeps_records_as_they_are()
    {
        await _rig.RunAsync(["""{"_original":1}"""], ct: TestContext.Current.CancellationToken);
        Assert.Equal("{\"_original\":1}\n", _rig.Read("data.jsonl"));
    }

    [Theory]
    [InlineData("""{"a":1}""", """{"a":1,"_original":null,"_metadata":{"tags":["t"]}}""")]
    [InlineData("""{}""", """{"_original":null,"_metadata":{"tags":["t"]}}""")]
    [InlineData("""{"_metadata":1}""", """{"_metadata":1,"_original":null,"__metadata":{"tags":["t"]}}""")]
    [InlineData("""[1]""", """{"_value":[1],"_original":null,"_metadata":{"tags":["t"]}}""")]
    public async Task Record_of_a_job_that_tags_shows_what_is_said_about_it(string raw, string exported)
    {
        _rig.Tags();
        _rig.Metadata[0] = """{"tags":["t"]}""";
        await _rig.RunAsync([raw, """{"b":2}"""], ct: TestContext.Current.CancellationToken);
        Assert.Equal(exported + "\n{\"b\":2,\"_original\":null,\"_metadata\":null}\n", _rig.Read("data.jsonl"));
    }

    [Fact]
    public async Task Metadata_alone_is_added_where_originals_are_not_wanted()
    {
        _rig.Tags();
        _rig.Metadata[0] = """{"tags":["t"]}""";
        _rig.Plan = _rig.Plan with { Export = new ExportPlan { IncludeOriginal = false } };
        await _rig.RunAsync(["{}"], ct: TestContext.Current.CancellationToken);
        Assert.Equal("{\"_metadata\":{\"tags\":[\"t\"]}}\n", _rig.Read("data.jsonl"));
    }

    [Fact]
    public async Task Metadata_is_left_out_where_the_plan_says_so()
    {
        _rig.Tags();
        _rig.Metadata[0] = """{"tags":["t"]}""";
        _rig.Plan = _rig.Plan with { Export = new ExportPlan { IncludeMetadata = false } };
        await _rig.RunAsync(["{}"], ct: TestContext.Current.CancellationToken);
        Assert.Equal("{\"_original\":null}\n", _rig.Read("data.jsonl"));
    }

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"business_rules":[]}""")]
    public async Task Job_that_asks_for_no_rule_shows_no_originals(string config)
    {
        _rig.Plan = _rig.Plan with { RefinementConfig = JsonElement.Parse(config) };
        await _rig.RunAsync(["""{"a":1}"""], ct: TestContext.Current.CancellationToken);
        Assert.Equal("{\"a\":1}\n", _rig.Read("data.jsonl"));
    }

    [Fact]
    public async Task Every_record_of_a_refined_job_has_the_member_also_where_the_batch_changed_none()
    {
        _rig.Refines();
        await _rig.RunAsync(["""{"a":1}""", """{"a":2}"""], refined: null, batchSize: 1, ct: TestContext.Current.CancellationToken);
        Assert.Equal("{\"a\":1,\"_original\":null}\n{\"a\":2,\"_original\":null}\n", _rig.Read("data.jsonl"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(9)]
    public async Task Columns_of_what_is_added_hold_nothing_of_a_records_own(int batchSize)
    {
        _rig.Tags();
        _rig.Plan = _rig.Plan with { OutputFormats = ["csv", "parquet"] };
        _rig.Metadata[2] = """{"tags":["t"]}""";
        await _rig.RunAsync(
            ["""{"id":1,"_original":{"a":"mine"},"_origin\u0061l":7}""", """{"id":2,"a":"was","__original":"two"}""", """{"id":3,"_metadata":{"tags":["mine"]},"_original":null}"""],
            ["""{"id":1,"_original":{"a":"new"},"_origin\u0061l":7}""", """{"id":2,"a":"is","__original":"two"}""", null], batchSize, TestContext.Current.CancellationToken);
        string[] header = ["id", @"\_original.a", @"\_original", "_original._original.a", "_metadata", "a", "__original", "_original.a", @"\_metadata.tags", "_original", "_metadata.tags"];
        List<string?>[] rows =
        [
            ["1", "new", "7", "mine", null, null, null, null, null, null, null],
            ["2", null, null, null, null, "is", "two", "was", null, null, null],
            ["3", null, null, null, null, null, null, null, "[\"mine\"]", null, "[\"t\"]"],
        ];
        Assert.Equal<List<string?>>([[.. header], .. rows], CsvText.Parse(_rig.Read("data.csv")));
        var table = await ParquetTable.ReadAsync(Path.Combine(_rig.Folder, "data.parquet"), TestContext.Current.CancellationToken);
        Assert.Equal(header, table.Columns.Select(c => c.Name));
        Assert.Equal<IEnumerable<string?>>(rows, table.Rows);
        Assert.Equal("_original", JsonElement.Parse(_rig.Read("manifest.json")).GetProperty("original_member").GetString());
    }

    [Fact]
    public async Task Parts_of_a_split_have_the_same_columns_of_what_is_added()
    {
        _rig.Refines();
        _rig.Plan = _rig.Plan with { OutputFormats = ["csv"], Export = new ExportPlan { Options = new Dictionary<string, JsonElement>(StringComparer.Ordinal) { ["split"] = JsonElement.Parse("""{"train":50,"test":50}""") } } };
        await _rig.RunAsync([.. Enumerable.Range(0, 20).Select(i => i % 2 == 0 ? $$"""{"id":{{i}},"_original":"own"}""" : $$"""{"id":{{i}}}""")], ct: TestContext.Current.CancellationToken);
        var parts = new[] { "train", "test" }.Select(p => CsvText.Parse(_rig.Read($"{p}-data.csv"))).ToArray();
        Assert.All(parts, p => Assert.Equal<string?>(["id", @"\_original", "_original"], p[0]));
        Assert.All(parts.SelectMany(p => p.Skip(1)), row => Assert.Equal((int.Parse(row[0]!, System.Globalization.CultureInfo.InvariantCulture) % 2 == 0 ? "own" : null, null), (row[1], row[2])));
    }
}
