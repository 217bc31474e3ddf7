using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Tests.Export.Csv;
using DataSync.Tests.Export.Json;
using DataSync.Tests.Export.Parquet;
using DataSync.Tests.Properties;
using FsCheck;
using FsCheck.Fluent;

namespace DataSync.Tests.Export.Splits;

public sealed class SplitTests : IDisposable
{
    private static readonly string[] Records = [.. Enumerable.Range(0, 200).Select(i => $$$"""{"id":{{{i}}},"customer":{"name":"c{{{i % 20}}}"}}""")];
    private readonly ExportRig _rig = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Every_format_has_its_files_of_each_part_and_the_manifest_counts_them()
    {
        _rig.Plan = Plan("""{"train":80,"validation":10,"test":10,"seed":3,"key":"id"}""", "json", "jsonl", "csv", "coco", "parquet");
        var outcome = await _rig.RunAsync(Records, ct: Ct);
        string[] parts = ["train", "validation", "test"];
        string[] names = [.. new[] { "data-00001.json", "data.jsonl", "data.csv", "coco.json|coco-report.json", "data.parquet" }.SelectMany(n => parts.SelectMany(p => n.Split('|').Select(f => $"{p}-{f}"))), "SHA256SUMS", "manifest.json"];
        Assert.Equal(names, outcome.Exports.Select(f => f.Name));
        var split = JsonElement.Parse(_rig.Read("manifest.json")).GetProperty("split");
        Assert.Equal((3, "id"), (split.GetProperty("seed").GetInt32(), split.GetProperty("key").GetString()));
        foreach (var part in split.GetProperty("parts").EnumerateArray())
        {
            var name = part.GetProperty("name").GetString()!;
            var records = part.GetProperty("records").GetInt64();
            Assert.InRange(records, part.GetProperty("percent").GetInt32(), 2 * 2 * part.GetProperty("percent").GetInt32());
            Assert.All(outcome.Exports.Where(f => f.Split == name && !f.Name.EndsWith("-report.json", StringComparison.Ordinal)), f => Assert.Equal(records, f.Records));
            Assert.Equal(records, Lines(name).Length);
            Assert.Equal(Lines(name), PageText.Parse(_rig.Read($"{name}-data-00001.json")).Data);
            Assert.Equal(Lines(name).Select(l => $"{l.GetInt("id")},c{l.GetInt("id") % 20}"), _rig.Read($"{name}-data.csv").Split("\r\n")[1..^1]);
        }

        Assert.Equal(200, outcome.Exports.Where(f => f.Format == "jsonl").Sum(f => f.Records));
        Assert.Equal(200, _rig.Progress.Exported);
    }

    [Theory]
    [InlineData("customer.name", 5)]
    [InlineData("id", 9)]
    [InlineData(null, 9)]
    [InlineData("no.such", 9)]
    public async Task Place_of_a_record_is_what_the_page_says(string? key, long seed)
    {
        _rig.Plan = Plan($$"""{"train":50,"validation":30,"test":20,"seed":{{seed}}{{(key is null ? "" : $",\"key\":\"{key}\"")}}}""", "jsonl");
        await _rig.RunAsync(Records, batchSize: 7, ct: Ct);
        var expected = Records.ToLookup(r => Place(seed, key switch { "customer.name" => $"c{r.GetInt("id") % 20}", "id" => $"{r.GetInt("id")}", _ => r }) switch { < 50 => "train", < 80 => "validation", _ => "test" }, StringComparer.Ordinal);
        foreach (var part in new[] { "train", "validation", "test" }) Assert.Equal(expected[part], Lines(part));
    }

    [Theory]
    [InlineData("""{"k":"é"}""", """{"x":1,"k":"\u00e9"}""", "k")]
    [InlineData("""{"a":{"b":7}}""", """{ "z": [ {"b":1} ], "a" : { "c" : {} , "b" : 7 } }""", "a.b")]
    [InlineData("""{"a.b":7,"a":{"b":1}}""", """{"a":{"b":2},"a.b":7}""", @"a\\.b")]
    [InlineData("""{"\ud800":1,"k":"\udfff x"}""", """{"y\ud800\u006b":0,"\u006b":"\udfff x"}""", "k")]
    [InlineData("""{"k":[1, 2]}""", """{"y":0,"k":[1, 2]}""", "k")]
    [InlineData("""{"k":"7"}""", """{"y":0,"k":7}""", "k")]
    public async Task Records_with_the_same_key_are_in_the_same_part_however_written(string one, string other, string key)
    {
        for (var seed = 0; seed < 12; seed++)
        {
            _rig.Plan = Plan($$"""{"train":50,"test":50,"seed":{{seed}},"key":"{{key}}"}""", "jsonl");
            await _rig.RunAsync([one, other], ct: Ct);
            Assert.Equal(1, new[] { Lines("train"), Lines("test") }.Count(l => l.Length == 2));
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("no.such")]
    [InlineData("customer.none")]
    public async Task Record_without_key_keeps_its_part_whatever_refinement_and_the_export_add(string? key)
    {
        var split = $$"""{"train":50,"test":50{{(key is null ? "" : $",\"key\":\"{key}\"")}}}""";
        var expected = Records.Where(r => Place(0, r) < 50).Select(r => r.GetInt("id")).ToArray();
        ExportPlan[] exports = [new(), new() { IncludeOriginal = false }, new() { IncludeEnhanced = false }, new() { IncludeMetadata = false }];
        foreach (var (run, export) in exports.Index())
        {
            _rig.Plan = Plan(split, "jsonl");
            _rig.Plan = _rig.Plan with { Export = export with { Options = _rig.Plan.Export.Options } };
            _rig.Tags();
            for (var i = 0; i < Records.Length; i++) _rig.Metadata[i] = $$"""{"tags":["run {{run}}"]}""";
            await _rig.RunAsync(Records, [.. Records.Select((r, i) => i % 3 == 0 ? null : r.Replace("}}", $"}},\"cost\":{run}}}", StringComparison.Ordinal))], batchSize: 7, ct: Ct);
            Assert.Equal(expected, Lines("train").Select(l => l.GetInt("id")));
        }
    }

    /// <summary>Columns are those of all parts, and more than a part's own records ever had.</summary>
    [Theory]
    [InlineData("csv")]
    [InlineData("parquet")]
    public async Task Part_of_narrow_records_is_written_beside_one_of_records_with_hundreds_of_members(string format)
    {
        var wide = $"{{\"id\":0,{string.Join(',', Enumerable.Range(0, 300).Select(i => $"\"m{i}\":{i}"))}}}";
        string[] records = [.. Enumerable.Range(0, 40).Select(i => i == 0 ? wide : $"{{\"id\":{i}}}")];
        _rig.Plan = Plan("""{"train":50,"test":50}""", format);
        var outcome = await _rig.RunAsync(records, batchSize: 1, ct: Ct);
        Assert.Equal(40, outcome.Exports.Sum(f => f.Records));
    }

    [Fact]
    public async Task Another_seed_gives_another_split()
    {
        _rig.Plan = Plan("""{"train":50,"test":50,"seed":1}""", "jsonl");
        await _rig.RunAsync(Records, ct: Ct);
        var first = Lines("train");
        _rig.Plan = Plan("""{"train":50,"test":50,"seed":2}""", "jsonl");
        await _rig.RunAsync(Records, ct: Ct);
        Assert.NotEqual(first, Lines("train"));
    }

    [Fact]
    public async Task Parts_are_compressed_and_refused_records_are_in_none_and_a_run_without_a_split_leaves_no_part()
    {
        _rig.Plan = Plan("""{"train":50,"test":50}""", "jsonl");
        _rig.Plan = _rig.Plan with { Export = _rig.Plan.Export with { Compression = "gzip" } };
        _rig.Refused.UnionWith([0, 1, 2]);
        var outcome = await _rig.RunAsync(Records, ct: Ct);
        Assert.Equal(["train-data.jsonl.gz", "test-data.jsonl.gz", "SHA256SUMS", "manifest.json"], outcome.Exports.Select(f => f.Name));
        Assert.Equal(197, outcome.Exports.Sum(f => f.Records));
        _rig.Plan = new SyncPlan { OutputFormats = ["jsonl"] };
        await _rig.RunAsync(Records, ct: Ct);
        Assert.Equal(["SHA256SUMS", "data.jsonl", "manifest.json"], _rig.Names());
        Assert.Equal(JsonValueKind.Null, JsonElement.Parse(_rig.Read("manifest.json")).GetProperty("split").ValueKind);
    }

    [Fact]
    public async Task Original_and_tags_go_with_their_record()
    {
        _rig.Plan = Plan("""{"train":50,"test":50,"key":"id"}""", "jsonl");
        _rig.Tags();
        for (var i = 0; i < Records.Length; i += 2) _rig.Metadata[i] = $$"""{"tags":["t{{i}}"]}""";
        await _rig.RunAsync(Records, ct: Ct);
        Assert.Equal(200, Lines("train").Length + Lines("test").Length);
        Assert.All(Lines("train").Concat(Lines("test")), line =>
        {
            var id = line.GetInt("id");
            Assert.EndsWith(id % 2 == 0 ? $$$""","_original":null,"_metadata":{"tags":["t{{{id}}}"]}}""" : ""","_original":null,"_metadata":null}""", line, StringComparison.Ordinal);
        });
    }

    [FsCheck.Xunit.Property(MaxTest = 150)]
    public Property Any_records_are_divided_without_loss_and_alike_in_every_batch()
        => Prop.ForAll(
            (from documents in ExportGenerators.Several(ExportGenerators.AnyDocument, 12)
             from seed in Gen.Elements(0L, 1L, -1L, long.MaxValue, long.MinValue)
             from train in Gen.Choose(0, 100)
             from size in Gen.Choose(1, 13)
             select (Documents: documents.ToArray(), seed, train, size)).ToArbitrary(),
            c =>
            {
                using var rig = new ExportRig { Plan = Plan($$"""{"train":{{c.train}},"test":{{100 - c.train}},"seed":{{c.seed}}}""", "jsonl") };
                rig.RunAsync(c.Documents, batchSize: c.size).GetAwaiter().GetResult();
                var expected = c.Documents.ToLookup(d => Place(c.seed, d) < c.train);
                Assert.Equal(expected[true].Select(Line), LinesOf(rig, "train"));
                Assert.Equal(expected[false].Select(Line), LinesOf(rig, "test"));
            });

    [FsCheck.Xunit.Property(MaxTest = 150)]
    public Property Parts_have_the_same_columns_and_types_in_every_batch()
        => Prop.ForAll(
            (from documents in Gen.OneOf(ExportGenerators.Several(ExportGenerators.AnyDocument, 12), ExportGenerators.Uniform)
             from train in Gen.Choose(1, 99)
             from size in Gen.Choose(1, 13)
             select (Documents: documents, train, size)).ToArbitrary(),
            c =>
            {
                using var rig = new ExportRig { Plan = Plan($$"""{"train":{{c.train}},"test":{{100 - c.train}}}""", "csv", "parquet") };
                rig.RunAsync(c.Documents, batchSize: c.size).GetAwaiter().GetResult();
                var (header, rows) = CsvModel.Table(c.Documents);
                var tables = new[] { "train", "test" }.Select(part => ParquetTable.ReadAsync(Path.Combine(rig.Folder, $"{part}-data.parquet"), CancellationToken.None).GetAwaiter().GetResult()).ToArray();
                Assert.Equal(tables[0].Columns, tables[1].Columns);
                for (var part = 0; part < 2; part++)
                {
                    var isInFile = (int i) => Place(0, c.Documents[i]) < c.train == (part == 0);
                    ParquetModel.Check(c.Documents, isInFile, tables[part]);
                    var text = rig.Read(part == 0 ? "train-data.csv" : "test-data.csv");
                    if (header.Count > 0) Assert.Equal<IEnumerable<List<string?>>>([[.. header], .. rows.Where((_, i) => isInFile(i))], CsvText.Parse(text));
                }

                using var other = new ExportRig { Plan = rig.Plan };
                other.RunAsync(c.Documents, batchSize: 14 - c.size).GetAwaiter().GetResult();
                Assert.Equal(rig.Contents(), other.Contents());
            });

    [Fact]
    public async Task Parts_have_the_same_ids_of_categories()
    {
        string[] records = [.. Enumerable.Range(0, 60).Select(i => $$"""{"file_name":"{{i}}.png","width":9,"height":9,"annotations":[{"category":"c{{i % 7}}","bbox":[1,1,2,2]}]}""")];
        _rig.Plan = Plan("""{"train":70,"test":30}""", "coco");
        await _rig.RunAsync(records, batchSize: 8, ct: Ct);
        var (train, test) = (JsonElement.Parse(_rig.Read("train-coco.json")), JsonElement.Parse(_rig.Read("test-coco.json")));
        Assert.Equal(Enumerable.Range(0, 7).Select(i => $"{i + 1} c{i}"), train.GetProperty("categories").EnumerateArray().Select(c => $"{c.GetProperty("id")} {c.GetProperty("name")}"));
        Assert.Equal(train.GetProperty("categories").GetRawText(), test.GetProperty("categories").GetRawText());
        foreach (var part in new[] { train, test })
        {
            var names = part.GetProperty("images").EnumerateArray().ToDictionary(i => i.GetProperty("id").GetInt32(), i => i.GetProperty("file_name").GetString()!);
            Assert.All(part.GetProperty("annotations").EnumerateArray(), a =>
                Assert.Equal((int.Parse(names[a.GetProperty("image_id").GetInt32()].Split('.')[0], System.Globalization.CultureInfo.InvariantCulture) % 7) + 1, a.GetProperty("category_id").GetInt32()));
        }
    }

    /// <summary>The definition, once more: SHA-256 over seed, colon and key; its first eight bytes as a number; modulo 100.</summary>
    private static int Place(long seed, string key)
        => (int)(new BigInteger(SHA256.HashData(Encoding.UTF8.GetBytes($"{seed}:{key}")).AsSpan(0, 8), isUnsigned: true, isBigEndian: true) % 100);

    private static string Line(string document) => document.Replace("\r", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal);

    private static SyncPlan Plan(string split, params string[] formats) => new()
    {
        OutputFormats = formats,
        Export = new ExportPlan { Options = new Dictionary<string, JsonElement>(StringComparer.Ordinal) { ["split"] = JsonElement.Parse(split) } },
    };

    private string[] Lines(string part) => LinesOf(_rig, part);

    private static string[] LinesOf(ExportRig rig, string part)
        => rig.Names().Contains($"{part}-data.jsonl") ? rig.Read($"{part}-data.jsonl").Split('\n')[..^1] : [];
}

file static class RecordText
{
    public static int GetInt(this string record, string name) => JsonElement.Parse(record).GetProperty(name).GetInt32();
}
