using System.Text.Json;
using DataSync.Pipeline.Failures;

namespace DataSync.Tests.Export.Coco;

public class CocoExporterTests : ExporterContract
{
    public CocoExporterTests()
        : base("coco") => Options("""{"image":"name"}""");

    protected override long CountRecords(string content)
    {
        var file = JsonElement.Parse(content);
        return file.TryGetProperty("categories", out _) ? file.GetProperty("images").GetArrayLength() : 0;
    }

    [Fact]
    public async Task Rotated_box_is_turned_in_pixels_not_in_percent()
    {
        var shape = await OneAsync(Task(1000, 500, Result("rectanglelabels", """{"x":40,"y":40,"width":20,"height":20,"rotation":90,"rectanglelabels":["car"]}""")));
        Assert.Equal([300, 200, 100, 200], Rounded(shape, "bbox"));
        Assert.Equal(20000, shape.GetProperty("area").GetDouble(), 6);
        Assert.Single(shape.GetProperty("segmentation").EnumerateArray());
    }

    [Fact]
    public async Task Box_is_in_pixels_without_segmentation()
    {
        var shape = await OneAsync(Task(1000, 500, Result("rectanglelabels", """{"x":10,"y":20,"width":33.3,"height":10,"rotation":0,"rectanglelabels":["car"]}""")));
        Assert.Equal([100, 100, 333, 50], Rounded(shape, "bbox"));
        Assert.Equal(16650, shape.GetProperty("area").GetDouble(), 6);
        Assert.Empty(shape.GetProperty("segmentation").EnumerateArray());
        Assert.Equal(0, shape.GetProperty("iscrowd").GetInt32());
    }

    [Fact]
    public async Task Box_has_a_polygon_where_that_is_asked_for()
    {
        Options("""{"box_polygons":true}""");
        var shape = await OneAsync("""{"file_name":"a.png","width":100,"height":100,"annotations":[{"category":"c","bbox":[1,2,3,4]}]}""");
        Assert.Equal("[[1,2,4,2,4,6,1,6]]", shape.GetProperty("segmentation").GetRawText());
    }

    [Fact]
    public async Task Ids_count_from_one_and_categories_keep_the_order_of_the_options()
    {
        Options("""{"categories":["zebra",{"name":"ape","supercategory":"animal"}]}""");
        var file = await FileAsync(Native("c.png", "ape"), Native("b.png", "new"), Native("a.png", "zebra"));
        Assert.Equal([1, 2, 3], Ids(file, "images"));
        Assert.Equal([1, 2, 3], Ids(file, "annotations"));
        Assert.Equal(["1 zebra zebra", "2 ape animal", "3 new new"], file.GetProperty("categories").EnumerateArray().Select(c => $"{c.GetProperty("id")} {c.GetProperty("name")} {c.GetProperty("supercategory")}"));
        Assert.Equal([2, 3, 1], file.GetProperty("annotations").EnumerateArray().Select(a => a.GetProperty("category_id").GetInt32()));
        Assert.Equal(["c.png", "b.png", "a.png"], file.GetProperty("images").EnumerateArray().Select(i => i.GetProperty("file_name").GetString()!));
    }

    [Fact]
    public async Task Image_of_two_annotators_is_one_image_with_the_annotation_changed_last()
    {
        var file = await FileAsync($$"""
            {"file_name":"a.png","width":100,"height":100,"annotations":[
              {"updated_at":"2026-01-02T00:00:00Z","result":[{{Result("rectanglelabels", """{"x":1,"y":1,"width":2,"height":2,"rectanglelabels":["late"]}""")}}]},
              {"updated_at":"2026-01-01T00:00:00Z","result":[{{Result("rectanglelabels", """{"x":1,"y":1,"width":2,"height":2,"rectanglelabels":["early"]}""")}}]},
              {"was_cancelled":true,"result":[{{Result("rectanglelabels", """{"x":1,"y":1,"width":2,"height":2,"rectanglelabels":["skipped"]}""")}}]}]}
            """);
        Assert.Single(file.GetProperty("images").EnumerateArray());
        Assert.Equal("late", Assert.Single(file.GetProperty("categories").EnumerateArray()).GetProperty("name").GetString());
        Assert.Equal(["other_annotator", "skipped"], Report().GetProperty("not_exported").EnumerateObject().Select(r => r.Name));
    }

    [Fact]
    public async Task Ground_truth_counts_before_what_was_changed_last()
    {
        var file = await FileAsync($$"""
            {"file_name":"a.png","width":100,"height":100,"annotations":[
              {"ground_truth":true,"updated_at":"2026-01-01T00:00:00Z","result":[{{Result("rectanglelabels", """{"x":1,"y":1,"width":2,"height":2,"rectanglelabels":["truth"]}""")}}]},
              {"updated_at":"2026-01-02T00:00:00Z","result":[{{Result("rectanglelabels", """{"x":1,"y":1,"width":2,"height":2,"rectanglelabels":["late"]}""")}}]}]}
            """);
        Assert.Equal("truth", Assert.Single(file.GetProperty("categories").EnumerateArray()).GetProperty("name").GetString());
    }

    [Fact]
    public async Task Region_with_several_labels_is_an_annotation_of_each()
    {
        var file = await FileAsync(Task(100, 100, Result("rectanglelabels", """{"x":1,"y":1,"width":2,"height":2,"rectanglelabels":["a","b"]}""")));
        Assert.Equal(2, file.GetProperty("annotations").GetArrayLength());
        Assert.Equal(1, Report().GetProperty("from_further_labels").GetInt64());
    }

    [Fact]
    public async Task Labels_that_stand_in_a_result_of_their_own_are_the_regions()
    {
        var file = await FileAsync(Task(100, 100, """{"id":"r","from_name":"b","to_name":"i","type":"rectangle","value":{"x":1,"y":1,"width":2,"height":2}},{"id":"r","from_name":"l","to_name":"i","type":"labels","value":{"labels":["cat"]}}"""));
        Assert.Equal("cat", file.GetProperty("categories")[0].GetProperty("name").GetString());
        Assert.Equal(1, Report().GetProperty("part_of_another").GetInt64());
    }

    [Fact]
    public async Task Image_without_annotations_stays()
    {
        var file = await FileAsync("""{"file_name":"a.png","width":4,"height":3}""");
        Assert.Equal("""[{"id":1,"width":4,"height":3,"file_name":"a.png"}]""", file.GetProperty("images").GetRawText().Replace("\n", "", StringComparison.Ordinal));
        Assert.Equal(1, Report().GetProperty("images_without_annotations").GetInt64());
    }

    [Theory]
    [InlineData("""C:\\photos\\a b.png""", "photos/a b.png", null)]
    [InlineData("/data/local-files/../a.png", "data/local-files/a.png", null)]
    [InlineData("https://cdn.example/x/a%20b.png?sig=1", "x/a b.png", "https://cdn.example/x/a%20b.png?sig=1")]
    [InlineData("s3://bucket/x/a.png", "x/a.png", "s3://bucket/x/a.png")]
    public async Task File_name_is_relative_with_slashes(string given, string name, string? address)
    {
        var image = (await FileAsync($$"""{"file_name":"{{given}}","width":4,"height":3}""")).GetProperty("images")[0];
        Assert.Equal(name, image.GetProperty("file_name").GetString());
        Assert.Equal(address, image.TryGetProperty("coco_url", out var url) ? url.GetString() : null);
    }

    [Fact]
    public async Task Info_and_licences_are_always_there()
    {
        var file = await FileAsync(Native("a.png", "c"));
        Assert.Equal(["description", "version", "year", "contributor", "url", "date_created"], file.GetProperty("info").EnumerateObject().Select(m => m.Name));
        Assert.Equal("0", Assert.Single(file.GetProperty("licenses").EnumerateArray()).GetProperty("id").GetRawText());
    }

    [Fact]
    public async Task Keypoints_become_objects_with_area_in_the_order_of_the_category()
    {
        Options("""{"categories":[{"name":"person","keypoints":["nose","eye"],"skeleton":[[1,2]]}]}""");
        var file = await FileAsync(Task(200, 100, string.Join(',', Point("eye", 10, 10), Point("nose", 5, 10), Point("nose", 50, 50), Point("tail", 1, 1))));
        Assert.Equal(["[10,10,2,20,10,2]", "[100,50,2,0,0,0]"], file.GetProperty("annotations").EnumerateArray().Select(a => a.GetProperty("keypoints").GetRawText()));
        Assert.All(file.GetProperty("annotations").EnumerateArray(), a => Assert.True(a.GetProperty("area").GetDouble() >= 1));
        Assert.Equal([2, 1], file.GetProperty("annotations").EnumerateArray().Select(a => a.GetProperty("num_keypoints").GetInt32()));
        Assert.Equal("[[1,2]]", file.GetProperty("categories")[0].GetProperty("skeleton").GetRawText());
        Assert.Equal(1, Report().GetProperty("not_exported").GetProperty("unknown_keypoint").GetProperty("items").GetInt64());
    }

    [Fact]
    public async Task Keypoints_within_a_region_are_the_regions()
    {
        Options("""{"categories":[{"name":"person","keypoints":["nose"]}]}""");
        var shape = await OneAsync(Task(100, 100, """{"id":"r","from_name":"b","to_name":"i","type":"rectanglelabels","value":{"x":0,"y":0,"width":50,"height":50,"rectanglelabels":["person"]}},{"id":"k","parentID":"r","from_name":"k","to_name":"i","type":"keypointlabels","value":{"x":10,"y":10,"width":1,"keypointlabels":["nose"]}}"""));
        Assert.Equal([0, 0, 50, 50], Rounded(shape, "bbox"));
        Assert.Equal("[10,10,2]", shape.GetProperty("keypoints").GetRawText());
    }

    [Fact]
    public async Task What_lies_outside_the_image_is_cut_off_and_counted()
    {
        var shape = await OneAsync("""{"file_name":"a.png","width":100,"height":100,"annotations":[{"category":"c","bbox":[90,-10,20,20]}]}""");
        Assert.Equal([90, 0, 10, 10], Rounded(shape, "bbox"));
        Assert.Equal(100, shape.GetProperty("area").GetDouble(), 9);
        Assert.Equal(1, Report().GetProperty("clipped").GetInt64());
    }

    [Fact]
    public async Task Ellipse_covers_what_an_ellipse_covers()
    {
        var shape = await OneAsync(Task(200, 100, Result("ellipselabels", """{"x":50,"y":50,"radiusX":20,"radiusY":20,"rotation":0,"ellipselabels":["e"]}""")));
        Assert.Equal(Math.PI * 40 * 20, shape.GetProperty("area").GetDouble(), Math.PI * 40 * 20 / 1000);
        Assert.Equal([60, 30, 80, 40], Rounded(shape, "bbox"));
    }

    [Fact]
    public async Task Every_item_is_an_annotation_or_has_a_reason()
    {
        await FileAsync(
            Task(100, 100, string.Join(',', Result("rectanglelabels", """{"x":1,"y":1,"width":2,"height":2,"rectanglelabels":["a","b"]}"""), Result("choices", """{"choices":["x"]}"""), Result("rectanglelabels", """{"x":1,"y":1,"width":2,"height":2}"""),
                Result("polygonlabels", """{"points":[[1,1],[2,2]],"polygonlabels":["a"]}"""), Result("ellipselabels", """{"x":300,"y":300,"radiusX":1,"radiusY":1,"ellipselabels":["a"]}"""), Result("brushlabels", """{"format":"rle","rle":[1,2,3],"brushlabels":["a"]}"""))),
            """{"file_name":"b.png","annotations":[{"category":"c","bbox":[1,2,-3,4]},{"bbox":[1,2,3,4]},7,{"category":"c","segmentation":{"size":[2,2],"counts":[5]}},{"category":"c","segmentation":{"size":[2,2],"counts":[1,3]}}]}""",
            """{"file_name":"c.png","annotations":[{"result":[{"id":"1","from_name":"a","to_name":"i","type":"rectanglelabels","value":{"x":1,"y":1,"width":2,"height":2,"rectanglelabels":["a"]}}]}]}""");
        var report = Report();
        var refused = report.GetProperty("not_exported").EnumerateObject().Sum(r => r.Value.GetProperty("items").GetInt64());
        Assert.Equal(12, report.GetProperty("items_in").GetInt64());
        Assert.Equal(3, report.GetProperty("annotations").GetInt64());
        Assert.Equal(report.GetProperty("items_in").GetInt64(), refused + report.GetProperty("part_of_another").GetInt64() + report.GetProperty("annotations").GetInt64() - report.GetProperty("from_further_labels").GetInt64());
        Assert.Equal(["broken", "covers_nothing", "no_image_size", "no_label", "not_an_object"], report.GetProperty("not_exported").EnumerateObject().Select(r => r.Name));
    }

    [Fact]
    public async Task More_categories_than_are_kept_end_the_export()
    {
        var annotations = string.Join(',', Enumerable.Range(0, 100_001).Select(i => $$"""{"category":"{{i}}","bbox":[1,1,1,1]}"""));
        var failure = await Assert.ThrowsAsync<SyncFailureException>(() => FileAsync($$"""{"file_name":"a.png","width":9,"height":9,"annotations":[{{annotations}}]}"""));
        Assert.Equal("errors.export.too_many_categories", failure.Failure.MessageKey);
    }

    private void Options(string json) => Rig.Plan = Rig.Plan with { Export = Rig.Plan.Export with { Options = new Dictionary<string, JsonElement> { ["coco"] = JsonElement.Parse(json) } } };

    private async Task<JsonElement> FileAsync(params string[] records)
    {
        if (Rig.Plan.Export.OptionsOf("coco").TryGetProperty("image", out _)) Options("{}");
        await Rig.RunAsync(records, ct: TestContext.Current.CancellationToken);
        return JsonElement.Parse(Rig.Read("coco.json"));
    }

    private async Task<JsonElement> OneAsync(string record) => Assert.Single((await FileAsync(record)).GetProperty("annotations").EnumerateArray());

    private JsonElement Report() => JsonElement.Parse(Rig.Read("coco-report.json"));

    private static string Task(int width, int height, string results) => $$"""{"file_name":"a.png","width":{{width}},"height":{{height}},"annotations":[{"id":1,"result":[{{results}}]}]}""";

    private static string Result(string type, string value) => $$"""{"id":"x","from_name":"f","to_name":"i","type":"{{type}}","original_width":1,"original_height":1,"value":{{value}}}""";

    private static string Point(string name, int x, int y) => Result("keypointlabels", $$"""{"x":{{x}},"y":{{y}},"width":1,"keypointlabels":["{{name}}"]}""");

    private static string Native(string file, string category) => $$"""{"file_name":"{{file}}","width":9,"height":9,"annotations":[{"category":"{{category}}","bbox":[1,1,2,2]}]}""";

    private static double[] Rounded(JsonElement shape, string name) => [.. shape.GetProperty(name).EnumerateArray().Select(n => Math.Round(n.GetDouble(), 6))];

    private static int[] Ids(JsonElement file, string name) => [.. file.GetProperty(name).EnumerateArray().Select(i => i.GetProperty("id").GetInt32())];
}
