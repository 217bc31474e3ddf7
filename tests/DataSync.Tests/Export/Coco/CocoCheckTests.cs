using System.Text;
using System.Text.Json.Nodes;
using DataSync.Export.Coco.Checking;
using DataSync.Platform.Localization;

namespace DataSync.Tests.Export.Coco;

public class CocoCheckTests
{
    private const string Good = """
        {"info":{"year":2026},"licenses":[{"id":1,"name":"x"}],
         "images":[{"id":1,"width":100,"height":50,"file_name":"a.png"},{"id":2,"width":10,"height":10,"file_name":"b/c.png"}],
         "annotations":[{"id":1,"image_id":1,"category_id":1,"bbox":[0,0,10,10],"area":100,"iscrowd":0,"segmentation":[[0,0,10,0,10,10,0,10]]},
                        {"id":2,"image_id":2,"category_id":2,"bbox":[0,0,10,10],"area":100,"iscrowd":1,"segmentation":{"size":[10,10],"counts":[0,100]},"keypoints":[1,1,2,0,0,0],"num_keypoints":1}],
         "categories":[{"id":1,"name":"cat"},{"id":2,"name":"person","keypoints":["nose","eye"],"skeleton":[[1,2]]}]}
        """;

    [Fact]
    public async Task Sound_file_has_no_findings()
    {
        var found = await CheckAsync(Good);
        Assert.Empty(found.Kept);
        Assert.Equal((2, 2, 2), (found.Images, found.Annotations, found.Categories));
    }

    [Theory]
    [InlineData("/info", null, "$.info wanted")]
    [InlineData("/licenses", null, "$.licenses wanted")]
    [InlineData("/images", null, "$.images missing", "$.annotations[0].image_id no_such_image", "$.annotations[1].image_id no_such_image")]
    [InlineData("/categories", "7", "$.categories not_a_list", "$.annotations[0].category_id no_such_category", "$.annotations[1].category_id no_such_category")]
    [InlineData("/info", "[]", "$.info not_an_object")]
    [InlineData("/images/0", "7", "$.images[0] not_an_object", "$.annotations[0].image_id no_such_image")]
    [InlineData("/images/1/id", "1", "$.images[1].id id_twice", "$.annotations[1].image_id no_such_image")]
    [InlineData("/images/0/id", "\"1\"", "$.images[0].id id", "$.annotations[0].image_id no_such_image")]
    [InlineData("/images/0/width", "0", "$.images[0].width image_side")]
    [InlineData("/images/0/height", "1.5", "$.images[0].height image_side")]
    [InlineData("/images/0/file_name", null, "$.images[0].file_name file_name")]
    [InlineData("/images/0/file_name", "\"C:\\\\a.png\"", "$.images[0].file_name file_name_absolute")]
    [InlineData("/images/0/file_name", "\"../a.png\"", "$.images[0].file_name file_name_absolute")]
    [InlineData("/images/0/file_name", "\"b/c.png\"", "$.images[1].file_name file_name_twice")]
    [InlineData("/annotations/0/id", "0", "$.annotations[0].id id_zero")]
    [InlineData("/annotations/0/id", "2", "$.annotations[1].id id_twice")]
    [InlineData("/annotations/0/image_id", "9", "$.annotations[0].image_id no_such_image")]
    [InlineData("/annotations/0/category_id", "9", "$.annotations[0].category_id no_such_category")]
    [InlineData("/annotations/0/category_id", null, "$.annotations[0].category_id id")]
    [InlineData("/annotations/0/bbox", null, "$.annotations[0].bbox missing")]
    [InlineData("/annotations/0/bbox", "[1,2,3]", "$.annotations[0].bbox box")]
    [InlineData("/annotations/0/bbox", "[1,2,0,3]", "$.annotations[0].bbox box_empty")]
    [InlineData("/annotations/0/bbox", "[95,0,10,10]", "$.annotations[0].bbox box_outside")]
    [InlineData("/annotations/0/area", null, "$.annotations[0].area missing")]
    [InlineData("/annotations/0/area", "0", "$.annotations[0].area area")]
    [InlineData("/annotations/0/area", "1000", "$.annotations[0].area area_beyond_box")]
    [InlineData("/annotations/0/iscrowd", null, "$.annotations[0].iscrowd missing")]
    [InlineData("/annotations/0/iscrowd", "2", "$.annotations[0].iscrowd crowd")]
    [InlineData("/annotations/0/iscrowd", "1", "$.annotations[0].segmentation crowd_needs_mask")]
    [InlineData("/annotations/0/segmentation", null, "$.annotations[0].segmentation wanted")]
    [InlineData("/annotations/0/segmentation", "[1,2,3,4,5,6]", "$.annotations[0].segmentation segmentation_flat")]
    [InlineData("/annotations/0/segmentation", "[[1,2,3,4]]", "$.annotations[0].segmentation[0] polygon")]
    [InlineData("/annotations/0/segmentation", "[[1,1,2,2,3,3]]", "$.annotations[0].segmentation[0] polygon_empty")]
    [InlineData("/annotations/0/segmentation", "\"x\"", "$.annotations[0].segmentation segmentation")]
    [InlineData("/annotations/1/segmentation/size", "[5,20]", "$.annotations[1].segmentation.size mask_size")]
    [InlineData("/annotations/1/segmentation/size", "[0,20]", "$.annotations[1].segmentation.size mask_shape")]
    [InlineData("/annotations/1/segmentation/counts", "[0,99]", "$.annotations[1].segmentation.counts mask_counts")]
    [InlineData("/annotations/1/segmentation/counts", "\"?\"", "$.annotations[1].segmentation.counts mask_counts")]
    [InlineData("/annotations/1/keypoints", "[1,1,2]", "$.annotations[1].keypoints keypoints_count")]
    [InlineData("/annotations/1/keypoints", "[1,1,3,0,0,0]", "$.annotations[1].keypoints keypoints")]
    [InlineData("/annotations/1/num_keypoints", "2", "$.annotations[1].num_keypoints num_keypoints")]
    [InlineData("/categories/0/id", "0", "$.categories[0].id id_zero", "$.categories[0].id category_order", "$.annotations[0].category_id no_such_category")]
    [InlineData("/categories/1/name", "\"cat\"", "$.categories[1].name name_twice")]
    [InlineData("/categories/0/name", null, "$.categories[0].name category_name")]
    [InlineData("/categories/1/keypoints", "[1]", "$.categories[1].keypoints category_keypoints", "$.categories[1].skeleton skeleton", "$.annotations[1].keypoints keypoints_count")]
    [InlineData("/categories/1/skeleton", "[[1,3]]", "$.categories[1].skeleton skeleton")]
    [InlineData("/images/0/license", "1")]
    [InlineData("/images/0/license", "null")]
    [InlineData("/images/1/license", "7", "$.images[1].license no_such_license")]
    [InlineData("/images/1/license", "\"1\"", "$.images[1].license id")]
    [InlineData("/licenses", "[{\"name\":\"x\"},7]")]
    public async Task Fault_is_named_by_its_path(string place, string? value, params string[] expected)
    {
        var file = JsonNode.Parse(Good)!;
        var parts = place.Split('/')[1..];
        JsonNode parent = file;
        foreach (var part in parts[..^1]) parent = int.TryParse(part, out var at) ? parent[at]! : parent[part]!;
        if (int.TryParse(parts[^1], out var index)) parent[index] = JsonNode.Parse(value!);
        else if (value is null) parent.AsObject().Remove(parts[^1]);
        else parent[parts[^1]] = JsonNode.Parse(value);
        await FindsAsync(file.ToJsonString(), expected);
    }

    [Theory]
    [InlineData("a.png", """\ud800.png""", "$.images[0].file_name torn_text")]
    [InlineData("b/c.png", """b\udfff\u0041""", "$.images[1].file_name torn_text")]
    [InlineData("\"cat\"", "\"\\udc00\\ud800\"", "$.categories[0].name torn_text")]
    [InlineData("eye", """\ud83d eye""", "$.categories[1].keypoints[1] torn_text")]
    [InlineData("year", """\ud800""", """$.info.\ud800 torn_text""")]
    [InlineData("height\":50", """height":50,"\ud800":{"\ud801":"\ud802"}""", """$.images[0].\ud800 torn_text""", """$.images[0].\ud800.\ud801 torn_text""", """$.images[0].\ud800.\ud801 torn_text""")]
    [InlineData("{\"info", "{\"\\ud800\":1,\"info", """$.\ud800 torn_text""")]
    [InlineData("{\"info", "{\"\\ud800x\":[[\"\\ud801\"]],\"info", """$.\ud800x torn_text""", """$.\ud800x[0][0] torn_text""")]
    [InlineData("a.png", """\ud83d\ude00\\ud800.png""", "$.images[0].file_name file_name_absolute")]
    public async Task Half_of_a_surrogate_pair_is_named_by_its_path(string text, string torn, params string[] expected)
        => await FindsAsync(Good.Replace(text, torn, StringComparison.Ordinal), expected);

    [Fact]
    public async Task Bytes_that_are_no_utf8_are_named_by_their_path()
    {
        var bytes = Encoding.UTF8.GetBytes(Good);
        bytes[bytes.AsSpan().IndexOf("a.png"u8)] = 0xFF;
        using var stream = new MemoryStream(bytes);
        var found = await CocoCheck.RunAsync(stream, TestContext.Current.CancellationToken);
        Assert.Equal(["$.images[0].file_name coco.torn_text"], found.Kept.Select(f => $"{f.Path} {f.MessageKey}"));
    }

    [Fact]
    public async Task Licenses_may_stand_behind_the_images()
    {
        var file = JsonNode.Parse(Good)!;
        file["images"]![0]!["license"] = 1;
        file["images"]![1]!["license"] = 2;
        var licenses = file["licenses"]!.DeepClone();
        file.AsObject().Remove("licenses");
        file["licenses"] = licenses;
        await FindsAsync(file.ToJsonString(), "$.images[1].license no_such_license");
    }

    [Fact]
    public async Task Nesting_of_any_depth_is_read()
        => await FindsAsync(Good.Replace("\"year\":2026", $"\"x\":{new string('[', 5_000)}{new string(']', 5_000)}", StringComparison.Ordinal));

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("""{"images":[{}""")]
    [InlineData("""{"images":[]} x""")]
    [InlineData("""{"images":[]}{}""")]
    public async Task What_is_not_one_json_object_is_said(string text) => Assert.Contains((await CheckAsync(text)).Kept, f => f is { Path: "$", MessageKey: "coco.not_json" });

    [Fact]
    public async Task Member_that_is_there_twice_is_said() => Assert.Contains((await CheckAsync("""{"images":[],"images":[],"annotations":[],"categories":[]}""")).Kept, f => f.MessageKey == "coco.member_twice");

    [Fact]
    public async Task Findings_beyond_the_limit_are_counted()
    {
        var found = await CheckAsync($$"""{"images":[{{string.Join(',', Enumerable.Repeat("7", 2_000))}}],"annotations":[],"categories":[]}""");
        Assert.Equal(2_000, found.Errors);
        Assert.Equal(CocoFindings.Most, found.Kept.Count);
    }

    [Fact]
    public async Task File_that_comes_byte_by_byte_is_read_alike()
    {
        using var whole = new MemoryStream(Encoding.UTF8.GetBytes(Good));
        using var trickle = new Trickle(whole);
        var found = await CocoCheck.RunAsync(trickle, TestContext.Current.CancellationToken);
        Assert.Empty(found.Kept);
        Assert.Equal(2, found.Annotations);
    }

    [Fact]
    public async Task Our_own_export_has_no_findings()
    {
        using var rig = new ExportRig();
        rig.Plan = rig.Plan with { OutputFormats = ["coco"] };
        await rig.RunAsync(["""{"file_name":"a.png","width":9,"height":9,"annotations":[{"category":"c","bbox":[1,1,2,2]},{"category":"d","segmentation":[[1,1,5,1,5,5]]},{"category":"e","segmentation":{"size":[9,9],"counts":[1,9,71]}}]}""", """{"file_name":"b.png","width":3,"height":4}"""], ct: TestContext.Current.CancellationToken);
        Assert.Empty((await CheckAsync(rig.Read("coco.json"))).Kept);
    }

    private static async Task FindsAsync(string file, params string[] expected)
    {
        var found = await CheckAsync(file);
        Assert.Equal(expected.Order(StringComparer.Ordinal), found.Kept.Select(f => $"{f.Path} {f.MessageKey["coco.".Length..]}").Order(StringComparer.Ordinal));
        var messages = Messages.Load(typeof(CocoFindings).Assembly);
        Assert.All(found.Kept, f => Assert.All(messages.Languages, l => Assert.DoesNotContain('{', messages.Format(f.MessageKey, l, f.AsFault().Params))));
    }

    private static async Task<CocoFindings> CheckAsync(string text)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(text));
        return await CocoCheck.RunAsync(stream, TestContext.Current.CancellationToken);
    }

    private sealed class Trickle(Stream inner) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, 1);

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => inner.ReadAsync(buffer[..1], cancellationToken);

        public override void Flush() { }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
