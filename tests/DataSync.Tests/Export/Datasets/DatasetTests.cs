using System.Text.Json;
using DataSync.Pipeline;
using YamlDotNet.Serialization;

namespace DataSync.Tests.Export.Datasets;

public sealed class DatasetTests : IDisposable
{
    private const string Dataset = """{"name":"Orders: \"all\" 订单 😀","description":"Two\r\nlines","license":"CC-BY-4.0","url":"https://example.com/orders","creator":"Acme"}""";
    private readonly ExportRig _rig = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Both_files_are_listed_summed_and_served_as_what_they_are()
    {
        _rig.Plan = Plan(Dataset, null, "jsonl");
        var outcome = await _rig.RunAsync(["""{"a":1}"""], ct: Ct);
        Assert.Equal(["data.jsonl", "croissant.json", "README.md", "SHA256SUMS", "manifest.json"], outcome.Exports.Select(f => f.Name));
        Assert.Equal(["data.jsonl", "croissant.json", "README.md"], _rig.Read("SHA256SUMS").Split('\n')[..^1].Select(l => l[66..]));
        foreach (var (name, type) in new[] { ("croissant.json", "application/ld+json; profile=\"http://mlcommons.org/croissant/1.1\""), ("README.md", "text/markdown; charset=utf-8"), ("data.jsonl", "application/jsonl") })
        {
            await using var download = await _rig.Files.OpenAsync(ExportRig.Tenant, ExportRig.Job, name, Ct);
            Assert.Equal(type, download!.ContentType);
        }
    }

    [Fact]
    public async Task Croissant_has_every_member_that_is_required_and_every_file_of_data()
    {
        _rig.Plan = Plan(Dataset, """{"train":50,"test":50}""", "jsonl", "json");
        var outcome = await _rig.RunAsync([.. Enumerable.Range(0, 40).Select(i => $$"""{"id":{{i}}}""")], ct: Ct);
        var croissant = JsonElement.Parse(_rig.Read("croissant.json"));
        Assert.Equal(
            ["sc:Dataset", "http://mlcommons.org/croissant/1.1", "Orders: \"all\" 订单 😀", "Two\r\nlines", "CC-BY-4.0", "https://example.com/orders", "2026-01-01"],
            new[] { "@type", "conformsTo", "name", "description", "license", "url", "datePublished" }.Select(n => croissant.GetProperty(n).GetString()));
        Assert.Equal("Acme", croissant.GetProperty("creator").GetProperty("name").GetString());
        var data = outcome.Exports.Where(f => f.Format is "jsonl" or "json").ToArray();
        Assert.Equal(4, data.Length);
        Assert.Equal(
            data.Select(f => $"{f.Name}|{f.Name}|{f.Bytes} B|{(f.Format == "jsonl" ? "application/jsonlines" : "application/json")}|{f.Sha256}"),
            croissant.GetProperty("distribution").EnumerateArray().Select(f => string.Join('|', new[] { "@id", "contentUrl", "contentSize", "encodingFormat", "sha256" }.Select(n => f.GetProperty(n).GetString()))));
        Assert.Equal(["train-data.jsonl", "test-data.jsonl"], croissant.GetProperty("recordSet").EnumerateArray().Select(r => Fields(r).Single().File));
    }

    [Theory]
    [InlineData("jsonl", "a.b")]
    [InlineData("csv", @"a\.b")]
    [InlineData("parquet", @"a\.b")]
    public async Task Record_set_names_scalar_fields_with_the_type_that_holds_all_their_values(string format, string dotted)
    {
        _rig.Plan = Plan(Dataset, null, format);
        await _rig.RunAsync(
            ["""{"int":1,"num":1,"bool":true,"text":"x","mixed":1,"nested":{"x":1},"none":null,"a.b":1}""", """{"\u0069nt":9223372036854775807,"num":1e3,"mixed":false,"late":"é","nested":2,"list":[1]}""", "[1]"], batchSize: 1, ct: Ct);
        var fields = Fields(JsonElement.Parse(_rig.Read("croissant.json")).GetProperty("recordSet").EnumerateArray().Single());
        Assert.Equal(
            [("int", "sc:Integer"), ("num", "sc:Float"), ("bool", "sc:Boolean"), ("text", "sc:Text"), ("mixed", "sc:Text"), (dotted, "sc:Integer"), ("late", "sc:Text")],
            fields.Select(f => (f.Column, f.Type)));
        if (format == "csv") Assert.Subset(_rig.Read("data.csv").Split("\r\n")[0].Split(',').ToHashSet(), fields.Select(f => f.Column).ToHashSet());
    }

    [Theory]
    [InlineData("jsonl")]
    [InlineData("csv")]
    public async Task Member_that_is_named_as_what_the_export_adds_has_no_field(string format)
    {
        _rig.Plan = Plan(Dataset, null, format);
        _rig.Refines();
        await _rig.RunAsync(["""{"a":1,"_original":"own"}""", """{"a":2,"__original":"own"}"""], ct: Ct);
        Assert.Equal(["a", "__original"], Fields(JsonElement.Parse(_rig.Read("croissant.json")).GetProperty("recordSet").EnumerateArray().Single()).Select(f => f.Column));
    }

    [Fact]
    public async Task Names_that_are_data_and_compressed_files_have_no_fields()
    {
        _rig.Plan = Plan(Dataset, null, "jsonl");
        await _rig.RunAsync([.. Enumerable.Range(0, 1001).Select(i => $$"""{"k{{i}}":1}""")], ct: Ct);
        Assert.Empty(Fields(JsonElement.Parse(_rig.Read("croissant.json")).GetProperty("recordSet")[0]));
        _rig.Plan = _rig.Plan with { Export = _rig.Plan.Export with { Compression = "gzip" } };
        await _rig.RunAsync([.. Enumerable.Range(0, 500).Select(i => $$"""{"k":{{i}}}""")], ct: Ct);
        var croissant = JsonElement.Parse(_rig.Read("croissant.json"));
        Assert.Equal("application/gzip", croissant.GetProperty("distribution")[0].GetProperty("encodingFormat").GetString());
        Assert.Empty(croissant.GetProperty("recordSet").EnumerateArray());
    }

    [Fact]
    public async Task Card_tells_parts_and_files_of_the_formats_that_one_reader_loads()
    {
        _rig.Plan = Plan(Dataset, """{"train":50,"test":50}""", "csv", "json", "jsonl");
        await _rig.RunAsync([.. Enumerable.Range(0, 40).Select(i => $$"""{"id":{{i}}}""")], ct: Ct);
        var (head, body) = Card();
        Assert.Equal(("Orders: \"all\" 订单 😀", "cc-by-4.0", "n<1K"), ((string)head["pretty_name"], (string)head["license"], (string)((List<object>)head["size_categories"])[0]));
        var configs = ((List<object>)head["configs"]).Cast<Dictionary<object, object>>().ToArray();
        Assert.Equal(["jsonl", "json"], configs.Select(c => c["config_name"]));
        Assert.Equal(["true"], configs.Where(c => c.ContainsKey("default")).Select(c => c["default"]));
        Assert.Equal(
            [("train", "train-data.jsonl"), ("test", "test-data.jsonl"), ("train", "train-data-00001.json"), ("test", "test-data-00001.json")],
            configs.SelectMany(c => ((List<object>)c["data_files"]).Cast<Dictionary<object, object>>()).Select(f => ((string)f["split"], (string)((List<object>)f["path"]).Single())));
        Assert.Contains("\n# Orders: \"all\" 订单 😀\n\nTwo\nlines\n", body, StringComparison.Ordinal);
        Assert.Contains("| `train-data-00001.json` | train | json |", body, StringComparison.Ordinal);
    }

    /// <summary>Parquet's reader cannot open the others' files, and would be asked to.</summary>
    [Theory]
    [InlineData("parquet", "csv", "jsonl", "parquet", "coco")]
    [InlineData("csv", "csv")]
    [InlineData("images=images annotations=annotations", "csv", "coco")]
    public async Task Card_has_no_configuration_for_another_reader(string expected, params string[] formats)
    {
        _rig.Plan = Plan(Dataset, null, formats);
        await _rig.RunAsync(["""{"file_name":"a.png","width":1,"height":1}"""], ct: Ct);
        var configs = ((List<object>)Card().Head["configs"]).Cast<Dictionary<object, object>>();
        Assert.Equal(expected, string.Join(' ', configs.Select(c => c.TryGetValue("field", out var field) ? $"{c["config_name"]}={field}" : c["config_name"])));
    }

    [Theory]
    [InlineData("https://example.com/l", "license_link")]
    [InlineData("Our terms: #1", "license_name")]
    public async Task Card_of_another_licence_names_it(string license, string member)
    {
        _rig.Plan = Plan(Dataset.Replace("CC-BY-4.0", license, StringComparison.Ordinal), null, "json");
        await _rig.RunAsync([], ct: Ct);
        var (head, _) = Card();
        Assert.Equal(("other", license), ((string)head["license"], (string)head[member]));
    }

    [Fact]
    public async Task Export_without_a_dataset_has_neither_file()
    {
        await _rig.RunAsync(["{}"], ct: Ct);
        Assert.Equal(["SHA256SUMS", "data.jsonl", "manifest.json"], _rig.Names());
    }

    private static (string File, string Column, string Type)[] Fields(JsonElement recordSet) =>
    [
        .. recordSet.GetProperty("field").EnumerateArray().Select(f => (
            f.GetProperty("source").GetProperty("fileObject").GetProperty("@id").GetString()!, f.GetProperty("source").GetProperty("extract").GetProperty("column").GetString()!, f.GetProperty("dataType").GetString()!)),
    ];

    private (Dictionary<string, object> Head, string Body) Card()
    {
        var parts = _rig.Read("README.md").Split("---\n", 3);
        return (new DeserializerBuilder().Build().Deserialize<Dictionary<string, object>>(parts[1]), parts[2]);
    }

    private static SyncPlan Plan(string dataset, string? split, params string[] formats)
    {
        var options = new Dictionary<string, JsonElement>(StringComparer.Ordinal) { ["dataset"] = JsonElement.Parse(dataset) };
        if (split is not null) options["split"] = JsonElement.Parse(split);
        return new SyncPlan { OutputFormats = formats, Export = new ExportPlan { Options = options } };
    }
}
