using System.Text;
using System.Text.Json;
using DataSync.Export.Coco.Checking;
using DataSync.Pipeline;

namespace DataSync.Tests.Export.Coco;

/// <summary>What records hold that is no plain list of annotations, and what becomes of it.</summary>
public sealed class CocoRecordsTests : IDisposable
{
    private readonly ExportRig _rig = new() { Plan = new SyncPlan { OutputFormats = ["coco"] } };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _rig.Dispose();

    [Theory]
    [InlineData("""[{"label":"c","bbox":[1,1,2,2]}]""", 1, 1)]
    [InlineData("""{"label":"c","bbox":[1,1,2,2]}""", 1, 1)]
    [InlineData("""{"result":[{"type":"rectanglelabels","from_name":"f","value":{"x":1,"y":1,"width":2,"height":2,"rectanglelabels":["c"]}}]}""", 1, 1)]
    [InlineData(""" "[{\"label\":\"c\",\"bbox\":[1,1,2,2]}]" """, 1, 1)]
    [InlineData(""" "{\"label\":\"c\",\"bbox\":[1,1,2,2]}" """, 1, 1)]
    [InlineData(""" "null" """, 0, 0)]
    [InlineData(""" "" """, 0, 0)]
    [InlineData(""" " \n" """, 0, 0)]
    [InlineData("null", 0, 0)]
    [InlineData("[]", 0, 0)]
    [InlineData("7", 1, 0)]
    [InlineData("true", 1, 0)]
    [InlineData(""" "no json" """, 1, 0)]
    [InlineData(""" "\"[]\"" """, 1, 0)]
    [InlineData(""" "[1,2" """, 1, 0)]
    [InlineData(""" "7" """, 1, 0)]
    public async Task Annotations_that_are_no_list_are_read_or_counted_as_broken(string annotations, int items, int written)
    {
        var (file, report) = await ExportAsync($$"""{"file_name":"a.png","width":10,"height":10,"annotations":{{annotations}}}""");
        Assert.Equal((items, written), (report.GetProperty("items_in").GetInt32(), file.GetProperty("annotations").GetArrayLength()));
        Assert.Equal(items - written, Refused(report, "broken"));
    }

    [Fact]
    public async Task Half_of_a_surrogate_pair_is_written_as_the_sign_for_no_character_and_counted()
    {
        _rig.Plan = Plan("""{"attributes":true}""");
        var (file, report) = await ExportAsync("""{"file_name":"a\ud800.png","width":10,"height":10,"annotations":[{"label":"\udfff","bbox":[1,1,2,2],"attributes":{"x\ud800":"\ud83d\ude00"}}]}""", """{"file_name":"😀\ud83d\ude00","width":1,"height":1}""");
        Assert.Equal(["a\uFFFD.png", "😀😀"], file.GetProperty("images").EnumerateArray().Select(i => i.GetProperty("file_name").GetString()!));
        Assert.Equal("\uFFFD", Assert.Single(file.GetProperty("categories").EnumerateArray()).GetProperty("name").GetString());
        Assert.Equal("x\uFFFD", Assert.Single(Assert.Single(file.GetProperty("annotations").EnumerateArray()).GetProperty("attributes").EnumerateObject()).Name);
        Assert.Equal(1, report.GetProperty("images_with_torn_text").GetInt32());
    }

    [Fact]
    public async Task Attributes_are_kept_however_deep_and_in_one_line()
    {
        _rig.Plan = Plan("""{"attributes":true}""");
        var deep = new string('[', 1_500) + new string(']', 1_500);
        await _rig.RunAsync([$$$"""{"file_name":"a.png","width":10,"height":10,"annotations":[{"label":"c","bbox":[1,1,2,2],"attributes":{{{{"\r\n"}}} "deep" :{{{"\n"}}}{{{deep}}}}}]}"""], ct: Ct);
        Assert.Contains($"\"attributes\":{{ \"deep\" :{deep}}}", _rig.Read("coco.json"), StringComparison.Ordinal);
        await FindsNothingAsync();
    }

    [Fact]
    public async Task Region_of_several_labels_has_keypoints_for_the_categories_that_have_them()
    {
        _rig.Plan = Plan("""{"categories":[{"name":"person","keypoints":["nose","eye"]},{"name":"bird","keypoints":["beak"]},"cat"]}""");
        var (file, report) = await ExportAsync(Task("""
            {"id":"r","from_name":"b","type":"rectanglelabels","value":{"x":0,"y":0,"width":50,"height":50,"rectanglelabels":["person","cat","bird"]}},
            {"id":"k","parentID":"r","from_name":"k","type":"keypointlabels","value":{"x":10,"y":10,"width":1,"keypointlabels":["nose"]}},
            {"id":"l","parentID":"r","from_name":"k","type":"keypointlabels","value":{"x":20,"y":20,"width":1,"keypointlabels":["beak"]}}
            """));
        Assert.Equal(["[10,10,2,0,0,0]", "", "[20,20,2]"], file.GetProperty("annotations").EnumerateArray().Select(Keypoints));
        Assert.Equal((5 - 2, 2, 2), (report.GetProperty("items_in").GetInt32(), report.GetProperty("from_further_labels").GetInt32(), report.GetProperty("part_of_another").GetInt32()));
        await FindsNothingAsync();
    }

    [Fact]
    public async Task Point_with_two_labels_is_both_keypoints()
    {
        _rig.Plan = Plan("""{"categories":[{"name":"person","keypoints":["nose","eye"]}]}""");
        var (file, report) = await ExportAsync(Task("""{"id":"k","from_name":"k","type":"keypointlabels","value":{"x":10,"y":20,"width":1,"keypointlabels":["eye","nose","tail"]}}"""));
        Assert.Equal("[10,20,2,10,20,2]", Keypoints(Assert.Single(file.GetProperty("annotations").EnumerateArray())));
        Assert.Equal((1, 2, 1, 1), (report.GetProperty("items_in").GetInt32(), report.GetProperty("from_further_labels").GetInt32(), report.GetProperty("part_of_another").GetInt32(), Refused(report, "unknown_keypoint")));
    }

    [Fact]
    public async Task Keypoint_that_several_categories_have_is_that_of_its_region()
    {
        _rig.Plan = Plan("""{"categories":[{"name":"person","keypoints":["nose"]},{"name":"dog","keypoints":["tail","nose"]}]}""");
        var (file, _) = await ExportAsync(Task("""
            {"id":"k","parentID":"r","from_name":"k","type":"keypointlabels","value":{"x":10,"y":10,"width":1,"keypointlabels":["nose"]}},
            {"id":"r","from_name":"b","type":"rectanglelabels","value":{"x":0,"y":0,"width":50,"height":50,"rectanglelabels":["dog"]}}
            """));
        Assert.Equal("[0,0,0,10,10,2]", Keypoints(Assert.Single(file.GetProperty("annotations").EnumerateArray())));
    }

    [Fact]
    public async Task Keypoints_outside_the_image_are_not_labelled_and_the_object_stays_within()
    {
        _rig.Plan = Plan("""{"categories":[{"name":"person","keypoints":["nose","eye"]}]}""");
        var (file, report) = await ExportAsync(
            """{"file_name":"b.png","width":10,"height":10,"annotations":[{"label":"person","keypoints":[10,10,2,11,5,1]},{"label":"person","keypoints":[-1,1,2,0,0,0]},{"label":"person","bbox":[1,1,2,2],"keypoints":[99,1,2,0,0,0]}]}""",
            Task("""{"id":"k","from_name":"k","type":"keypointlabels","value":{"x":101,"y":10,"width":1,"keypointlabels":["nose"]}}"""));
        Assert.Equal(["[10,10,2,0,0,0] [9,9,1,1]", " [1,1,2,2]"], file.GetProperty("annotations").EnumerateArray().Select(a => $"{Keypoints(a)} {a.GetProperty("bbox").GetRawText()}"));
        Assert.Equal((2, 2), (report.GetProperty("clipped").GetInt32(), Refused(report, "covers_nothing")));
        await FindsNothingAsync();
    }

    [Theory]
    [InlineData(""" "segmentation":[[1,1,5,1,5,4,1,4]] """, "[1,1,4,3]", 12)]
    [InlineData(""" "segmentation":[[1,1,3,1,3,4,1,4],[2,1,5,1,5,4,2,4],[7,0,9,0,9,10,7,10]] """, "[1,0,8,10]", 32)]
    [InlineData(""" "bbox":[8,8,9,9] """, "[8,8,2,2]", 4)]
    [InlineData(""" "segmentation":[[0,0,10,0,10,10,0,10]] """, "[0,0,10,10]", 100)]
    public async Task Outline_of_a_crowd_becomes_a_mask_of_the_image(string outline, string box, int area)
    {
        var (file, _) = await ExportAsync($$"""{"file_name":"a.png","width":10,"height":10,"annotations":[{"label":"c","iscrowd":1,{{outline}}}]}""");
        var crowd = Assert.Single(file.GetProperty("annotations").EnumerateArray());
        Assert.Equal((1, box, area, "[10,10]"), (crowd.GetProperty("iscrowd").GetInt32(), crowd.GetProperty("bbox").GetRawText(), crowd.GetProperty("area").GetDouble(), crowd.GetProperty("segmentation").GetProperty("size").GetRawText()));
        await FindsNothingAsync();
    }

    [Fact]
    public async Task Crowd_that_can_have_no_mask_is_counted()
    {
        var (file, report) = await ExportAsync(
            """{"file_name":"a.png","annotations":[{"label":"c","iscrowd":1,"segmentation":[[1,1,5,1,5,4,1,4]]}]}""",
            """{"file_name":"b.png","width":10,"height":10,"annotations":[{"label":"c","iscrowd":1,"bbox":[1,1,0.1,0.1]}]}""");
        Assert.Empty(file.GetProperty("annotations").EnumerateArray());
        Assert.Equal((1, 1), (Refused(report, "no_image_size"), Refused(report, "covers_nothing")));
    }

    [Fact]
    public async Task Image_is_as_large_as_a_mask_where_the_record_does_not_say()
    {
        var (file, report) = await ExportAsync("""{"file_name":"a.png","annotations":[{"label":"c","bbox":[1,1,9,9]},{"label":"c","segmentation":{"size":[4,5],"counts":[1,9,10]}}]}""");
        Assert.Equal((5, 4), (file.GetProperty("images")[0].GetProperty("width").GetInt32(), file.GetProperty("images")[0].GetProperty("height").GetInt32()));
        Assert.Equal((0, 1), (report.GetProperty("images_without_size").GetInt32(), report.GetProperty("clipped").GetInt32()));
        await FindsNothingAsync();
    }

    [Fact]
    public async Task Image_whose_size_nobody_says_stays_and_is_found_by_the_check()
    {
        var (file, report) = await ExportAsync("""{"file_name":"a.png","annotations":[{"label":"c","bbox":[1,1,9,9]}]}""");
        Assert.Single(file.GetProperty("annotations").EnumerateArray());
        Assert.Equal(1, report.GetProperty("images_without_size").GetInt32());
        Assert.Equal(["$.images[0].width", "$.images[0].height"], (await CheckAsync()).Kept.Select(f => f.Path));
    }

    [Theory]
    [InlineData("[[1,1,3,1,3,3,1,3],[1,1,3,1,3,3,1,3]]", 4)]
    [InlineData("[[1,1,9,1,9,9,1,9,1,1,9,1,9,9,1,9]]", 64)]
    public async Task Area_is_not_beyond_the_box_where_outlines_lie_over_one_another(string polygons, double area)
    {
        var (file, _) = await ExportAsync($$"""{"file_name":"a.png","width":10,"height":10,"annotations":[{"label":"c","segmentation":{{polygons}}}]}""");
        Assert.Equal(area, Assert.Single(file.GetProperty("annotations").EnumerateArray()).GetProperty("area").GetDouble());
        await FindsNothingAsync();
    }

    [Theory]
    [InlineData(""" "bbox":[1e308,1e308,1e308,1e308] """)]
    [InlineData(""" "segmentation":[[-1e308,-1e308,1e308,-1e308,1e308,1e308]] """)]
    [InlineData(""" "keypoints":[-1e308,0,2,1e308,1,2] """)]
    public async Task Positions_beyond_what_numbers_hold_are_broken(string where)
    {
        _rig.Plan = Plan("""{"categories":[{"name":"c","keypoints":["a","b"]}]}""");
        var (file, report) = await ExportAsync($$"""{"file_name":"a.png","annotations":[{"label":"c",{{where}}}]}""");
        Assert.Empty(file.GetProperty("annotations").EnumerateArray());
        Assert.Equal(1, Refused(report, "broken"));
    }

    [Fact]
    public async Task Small_object_far_from_the_corner_keeps_its_area()
    {
        var (file, _) = await ExportAsync("""{"file_name":"a.png","width":2000000000,"height":2000000000,"annotations":[{"label":"c","bbox":[1999999000,1999999000,2,3]}]}""");
        Assert.Equal(6, Assert.Single(file.GetProperty("annotations").EnumerateArray()).GetProperty("area").GetDouble());
    }

    [Fact]
    public async Task Empty_and_repeated_labels_name_nothing_more()
    {
        var (file, report) = await ExportAsync(Task("""
            {"id":"r","from_name":"b","type":"rectanglelabels","value":{"x":0,"y":0,"width":50,"height":50,"rectanglelabels":["cat","","cat"]}},
            {"id":"s","from_name":"b","type":"rectanglelabels","value":{"x":0,"y":0,"width":50,"height":50,"rectanglelabels":[""]}}
            """));
        Assert.Single(file.GetProperty("annotations").EnumerateArray());
        Assert.Equal((0, 1), (report.GetProperty("from_further_labels").GetInt32(), Refused(report, "no_label")));
    }

    [Theory]
    [InlineData("C:D:/x.png", "x.png")]
    [InlineData("C:..\\\\a.png", "a.png")]
    [InlineData("../C:a.png", "a.png")]
    [InlineData("1:2.png", "1:2.png")]
    public async Task File_name_has_no_drive(string given, string name)
    {
        var (file, _) = await ExportAsync($$"""{"file_name":"{{given}}","width":4,"height":3}""");
        Assert.Equal(name, file.GetProperty("images")[0].GetProperty("file_name").GetString());
        await FindsNothingAsync();
    }

    private async Task<(JsonElement File, JsonElement Report)> ExportAsync(params string[] records)
    {
        await _rig.RunAsync(records, ct: Ct);
        return (JsonElement.Parse(_rig.Read("coco.json")), JsonElement.Parse(_rig.Read("coco-report.json")));
    }

    private async Task<CocoFindings> CheckAsync()
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(_rig.Read("coco.json")));
        return await CocoCheck.RunAsync(stream, Ct);
    }

    private async Task FindsNothingAsync() => Assert.Empty((await CheckAsync()).Kept.Select(f => $"{f.Path} {f.MessageKey}"));

    private static SyncPlan Plan(string options)
        => new() { OutputFormats = ["coco"], Export = new ExportPlan { Options = new Dictionary<string, JsonElement>(StringComparer.Ordinal) { ["coco"] = JsonElement.Parse(options) } } };

    private static string Task(string results) => $$"""{"file_name":"a.png","width":100,"height":100,"annotations":[{"id":1,"result":[{{results}}]}]}""";

    private static string Keypoints(JsonElement annotation) => annotation.TryGetProperty("keypoints", out var points) ? points.GetRawText() : "";

    private static int Refused(JsonElement report, string reason) => report.GetProperty("not_exported").TryGetProperty(reason, out var refused) ? refused.GetProperty("items").GetInt32() : 0;
}
