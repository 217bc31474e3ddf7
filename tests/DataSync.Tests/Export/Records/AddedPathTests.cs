using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DataSync.Pipeline;

namespace DataSync.Tests.Export.Records;

/// <summary>A path that begins with the name of a member that the export adds means that one, also in a record that has a member of that name itself.</summary>
public sealed class AddedPathTests : IDisposable
{
    private readonly ExportRig _rig = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _rig.Dispose();

    [Theory]
    [InlineData("""{"id":1,"_ai":{"class":"own"}}""")]
    [InlineData("""{"id":1,"_ai":{"class":"own"},"__ai":{"class":"other"}}""")]
    [InlineData("""{"id":1,"__ai":{"class":"other"}}""")]
    [InlineData("""{"id":1,"_\u0061i":{"class":"own"}}""")]
    [InlineData("""{"id":1,"_ai":null,"x_ai":{"class":"other"}}""")]
    [InlineData("""{"id":1}""")]
    public async Task Key_of_a_split_is_what_was_added(string record)
    {
        _rig.Enrichments = ["label_studio", "ai"];
        _rig.Enriched[0] = """{"ai":{"class":"made"}}""";
        foreach (var seed in Enumerable.Range(0, 16)) Assert.Equal(Part(seed, "made"), await PartOfAsync(record, "_ai.class", seed));
    }

    [Fact]
    public async Task Key_of_a_split_is_the_records_own_behind_a_backslash()
    {
        _rig.Enrichments = ["ai"];
        _rig.Enriched[0] = """{"ai":{"class":"made"}}""";
        foreach (var seed in Enumerable.Range(0, 16))
        {
            Assert.Equal(Part(seed, "own"), await PartOfAsync("""{"id":1,"_ai":{"class":"own"}}""", @"\_ai.class", seed));
            Assert.Equal(Part(seed, """{"id":1}"""), await PartOfAsync("""{"id":1}""", @"\_ai.class", seed));
            Assert.Equal(Part(seed, """{"__ai":{"class":"own"}}"""), await PartOfAsync("""{"__ai":{"class":"own"}}""", @"\_ai.class", seed));
            Assert.Equal(Part(seed, "own"), await PartOfAsync("""{"_\u0061i":{"class":"own"},"__ai":1}""", @"\_ai.class", seed));
        }
    }

    [Fact]
    public async Task Key_of_a_split_is_the_records_own_where_the_export_adds_nothing()
    {
        foreach (var seed in Enumerable.Range(0, 16)) Assert.Equal(Part(seed, "own"), await PartOfAsync("""{"id":1,"_ai":{"class":"own"}}""", "_ai.class", seed));
    }

    [Theory]
    [InlineData("_original.name", "was")]
    [InlineData("_metadata.tags", """["checked"]""")]
    [InlineData("_metadata", """{"tags":["checked"]}""")]
    [InlineData(@"\_original.name", "mine")]
    public async Task Key_of_a_split_may_be_what_refinement_says(string key, string value)
    {
        _rig.Tags();
        _rig.Metadata[0] = """{"tags":["checked"]}""";
        foreach (var seed in Enumerable.Range(0, 16))
            Assert.Equal(Part(seed, value), await PartOfAsync("""{"name":"was","_original":{"name":"mine"},"_metadata":{"tags":"mine"}}""", key, seed, """{"name":"is","_original":{"name":"mine"},"_metadata":{"tags":"mine"}}"""));
    }

    [Theory]
    [InlineData("""{"file_name":"a.png","width":9,"height":9,"_label_studio":{"annotations":[{"category":"own","bbox":[1,1,2,2]}]}}""")]
    [InlineData("""{"file_name":"a.png","width":9,"height":9,"_label_studio":{"annotations":[{"category":"own","bbox":[1,1,2,2]}]},"__label_studio":7}""")]
    [InlineData("""{"file_name":"a.png","width":9,"height":9,"_label_studio.annotations":[{"category":"own","bbox":[1,1,2,2]}]}""")]
    [InlineData("""{"file_name":"a.png","width":9,"height":9}""")]
    public async Task Cocos_annotations_are_what_was_added(string record)
    {
        _rig.Enrichments = ["label_studio", "ai"];
        _rig.Enriched[0] = """{"label_studio":{"annotations":[{"category":"made","bbox":[1,1,2,2]}]}}""";
        Assert.Equal(["made"], await CategoriesAsync(record, "_label_studio.annotations"));
    }

    [Fact]
    public async Task Cocos_annotations_are_none_where_nothing_was_made_of_a_record_that_has_such_a_member_itself()
    {
        _rig.Enrichments = ["label_studio"];
        Assert.Empty(await CategoriesAsync("""{"file_name":"a.png","width":9,"height":9,"_label_studio":{"annotations":[{"category":"own","bbox":[1,1,2,2]}]}}""", "_label_studio.annotations"));
    }

    [Theory]
    [InlineData(true, @"\_label_studio.annotations")]
    [InlineData(false, @"\_label_studio.annotations")]
    [InlineData(false, "_label_studio.annotations")]
    public async Task Cocos_annotations_are_the_records_own_behind_a_backslash_or_where_the_export_adds_nothing(bool adds, string path)
    {
        if (adds) _rig.Enrichments = ["label_studio"];
        _rig.Enriched[0] = """{"label_studio":{"annotations":[{"category":"made","bbox":[1,1,2,2]}]}}""";
        Assert.Equal(["own"], await CategoriesAsync("""{"file_name":"a.png","width":9,"height":9,"_label_studio":{"annotations":[{"category":"own","bbox":[1,1,2,2]}]}}""", path));
    }

    [Theory]
    [InlineData("""{"file_name":"a.png","width":9,"height":9}""")]
    [InlineData("""{"file_name":"a.png","width":9,"height":9,"__label_studio":{"annotations":[{"category":"own","bbox":[1,1,2,2]}]}}""")]
    public async Task Cocos_annotations_are_none_behind_a_backslash_where_the_record_has_no_such_member(string record)
    {
        _rig.Enrichments = ["label_studio"];
        _rig.Enriched[0] = """{"label_studio":{"annotations":[{"category":"made","bbox":[1,1,2,2]}]}}""";
        Assert.Empty(await CategoriesAsync(record, @"\_label_studio.annotations"));
    }

    [Fact]
    public async Task Cocos_image_is_what_was_added()
    {
        _rig.Enrichments = ["ai"];
        _rig.Enriched[0] = """{"ai":{"values":{"file":"made.png","width":7,"height":5}}}""";
        _rig.Plan = Coco("""{"image":"_ai.values.file","width":"_ai.values.width","height":"_ai.values.height"}""");
        await _rig.RunAsync(["""{"_ai":{"values":{"file":"own.png","width":1,"height":1}}}"""], ct: Ct);
        Assert.Equal("""{"id":1,"width":7,"height":5,"file_name":"made.png"}""", JsonElement.Parse(_rig.Read("coco.json")).GetProperty("images")[0].GetRawText());
    }

    private static string Part(int seed, string key)
        => (int)(new BigInteger(SHA256.HashData(Encoding.UTF8.GetBytes($"{seed}:{key}")).AsSpan(0, 8), isUnsigned: true, isBigEndian: true) % 100) < 50 ? "train" : "test";

    private async Task<string> PartOfAsync(string record, string key, int seed, string? refined = null)
    {
        _rig.Plan = _rig.Plan with { Export = new ExportPlan { Options = Options("split", $$"""{"train":50,"test":50,"seed":{{seed}},"key":{{JsonSerializer.Serialize(key)}}}""") } };
        await _rig.RunAsync([record], refined is null ? null : [refined], ct: Ct);
        return Assert.Single(new[] { "train", "test" }, part => _rig.Read($"{part}-data.jsonl").Length > 0);
    }

    private async Task<IEnumerable<string>> CategoriesAsync(string record, string path)
    {
        _rig.Plan = Coco($$"""{"annotations":{{JsonSerializer.Serialize(path)}}}""");
        await _rig.RunAsync([record], ct: Ct);
        return JsonElement.Parse(_rig.Read("coco.json")).GetProperty("categories").EnumerateArray().Select(c => c.GetProperty("name").GetString()!);
    }

    private static SyncPlan Coco(string options) => new() { OutputFormats = ["coco"], Export = new ExportPlan { Options = Options("coco", options) } };

    private static Dictionary<string, JsonElement> Options(string name, string json) => new(StringComparer.Ordinal) { [name] = JsonElement.Parse(json) };
}
