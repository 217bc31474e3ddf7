using System.Text;
using System.Text.Json;
using DataSync.Export.Coco.Checking;
using DataSync.Pipeline;

namespace DataSync.Tests.Export.Coco;

/// <summary>What Label Studio's own converter drops, crashes at or places wrongly.</summary>
public sealed class LabelStudioDefectTests : IDisposable
{
    private readonly ExportRig _rig = new() { Plan = new SyncPlan { OutputFormats = ["coco"] } };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _rig.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Relations_leave_their_regions_alone_and_are_counted(bool inAnnotation)
    {
        const string results = """
            {"id":"a","from_name":"b","to_name":"i","type":"rectanglelabels","value":{"x":0,"y":0,"width":50,"height":50,"rectanglelabels":["cat"]}},
            {"id":"b","from_name":"b","to_name":"i","type":"rectanglelabels","value":{"x":50,"y":50,"width":50,"height":50,"rectanglelabels":["dog"]}},
            {"from_id":"a","to_id":"b","type":"relation","direction":"right","labels":["chases"]}
            """;
        var (file, report) = await ExportAsync(inAnnotation ? $$"""{"result":[{{results}}]}""" : results);
        Assert.Equal(["[0,0,50,50]", "[50,50,50,50]"], file.GetProperty("annotations").EnumerateArray().Select(a => a.GetProperty("bbox").GetRawText()));
        Assert.Equal(3, report.GetProperty("items_in").GetInt32());
        Assert.Equal("not_an_object 1", Reasons(report));
    }

    /// <summary>OCR says a region three times under one id: its outline, its label, and the text that was read.</summary>
    [Fact]
    public async Task Ocr_polygon_is_one_object_with_its_label()
    {
        const string points = """ "points":[[10,10],[30,10],[30,20],[10,20]],"closed":true """;
        var (file, report) = await ExportAsync($$$"""
            {"result":[
              {"id":"r","from_name":"poly","to_name":"image","type":"polygon","original_width":200,"original_height":100,"value":{{{{points}}}}},
              {"id":"r","from_name":"label","to_name":"image","type":"labels","original_width":200,"original_height":100,"value":{{{{points}}},"labels":["Text"]}},
              {"id":"r","from_name":"transcription","to_name":"image","type":"textarea","original_width":200,"original_height":100,"value":{{{{points}}},"text":["TOTAL"]}}]}
            """, 200);
        var region = Assert.Single(file.GetProperty("annotations").EnumerateArray());
        Assert.Equal(("[20,10,40,10]", "[[20,10,60,10,60,20,20,20]]", 400), (region.GetProperty("bbox").GetRawText(), region.GetProperty("segmentation").GetRawText(), region.GetProperty("area").GetDouble()));
        Assert.Equal("Text", Assert.Single(file.GetProperty("categories").EnumerateArray()).GetProperty("name").GetString());
        Assert.Equal((3, 1), (report.GetProperty("items_in").GetInt32(), report.GetProperty("part_of_another").GetInt32()));
        Assert.Equal("not_an_object 1", Reasons(report));
    }

    /// <summary>The mask was drawn on an image of 4 × 2, and the record's image has twice as many pixels each way: each of the mask's is four of it.</summary>
    [Theory]
    [InlineData(8, 4, "[2,0,4,4]", 12)]
    [InlineData(4, 2, "[1,0,2,2]", 3)]
    [InlineData(2, 1, "[0,0,1,1]", 1)]
    public async Task Brush_on_an_image_that_was_resized_covers_the_same_part_of_it(int width, int height, string box, int area)
    {
        // set: (1,0), (1,1) and (2,1)
        var mask = new bool[4, 2];
        mask[1, 0] = mask[1, 1] = mask[2, 1] = true;
        var (file, report) = await ExportAsync($$$"""{"result":[{"id":"m","from_name":"brush","to_name":"image","type":"brushlabels","original_width":4,"original_height":2,"value":{"format":"rle","rle":[{{{string.Join(',', LabelStudioBits.Encode(mask))}}}],"brushlabels":["cat"]}}]}""", width, height);
        Assert.Equal("", Reasons(report));
        var brush = Assert.Single(file.GetProperty("annotations").EnumerateArray());
        Assert.Equal((box, area, $"[{height},{width}]"), (brush.GetProperty("bbox").GetRawText(), brush.GetProperty("area").GetInt32(), brush.GetProperty("segmentation").GetProperty("size").GetRawText()));
    }

    /// <summary>A task may show a list of images, of which the first is the record's, or have several tags with an image each: Label Studio's converter puts all regions on one.</summary>
    [Theory]
    [InlineData("""{}""", """ "item_index":1,"to_name":"i" """, """ "item_index":0,"to_name":"i" """, "other_image 1")]
    [InlineData("""{}""", """ "item_index":3 """, """ "score":0.5 """, "other_image 1")]
    [InlineData("""{"to_name":"front"}""", """ "to_name":"back" """, """ "to_name":"front" """, "other_image 1")]
    [InlineData("""{"to_name":"front"}""", """ "score":0.5 """, """ "to_name":"front" """, "other_image 1")]
    [InlineData("""{}""", """ "to_name":"back" """, """ "to_name":"front" """, "other_image 2")]
    public async Task Region_of_another_image_than_the_records_is_counted(string options, string other, string own, string reasons)
    {
        _rig.Plan = _rig.Plan with { Export = new ExportPlan { Options = new Dictionary<string, JsonElement>(StringComparer.Ordinal) { ["coco"] = JsonElement.Parse(options) } } };
        await _rig.RunAsync([$$$"""
            {"file_name":"a.png","annotations":[{"result":[
              {"id":"a","from_name":"b","type":"rectanglelabels","original_width":50,"original_height":50,{{{other}}},"value":{"x":0,"y":0,"width":50,"height":50,"rectanglelabels":["cat"]}},
              {"id":"b","from_name":"b","type":"rectanglelabels","original_width":200,"original_height":100,{{{own}}},"value":{"x":10,"y":10,"width":50,"height":50,"rectanglelabels":["dog"]}}]}]}
            """], ct: Ct);
        var file = JsonElement.Parse(_rig.Read("coco.json"));
        Assert.Equal(reasons.EndsWith('1') ? ["[20,10,100,50]"] : [], file.GetProperty("annotations").EnumerateArray().Select(a => a.GetProperty("bbox").GetRawText()));
        if (reasons.EndsWith('1')) Assert.Equal((200, 100), (file.GetProperty("images")[0].GetProperty("width").GetInt32(), file.GetProperty("images")[0].GetProperty("height").GetInt32()));
        Assert.Equal(reasons, Reasons(JsonElement.Parse(_rig.Read("coco-report.json"))));
    }

    /// <summary>Which of the tags shows the record's image nobody says, so none of the sizes is known to be its.</summary>
    [Theory]
    [InlineData(""" "score":0.5 """, """ "to_name":"front" """, false)]
    [InlineData(""" "to_name":"front" """, """ "score":0.5 """, false)]
    [InlineData(""" "to_name":"back" """, """ "to_name":"front" """, false)]
    [InlineData(""" "to_name":"back" """, """ "to_name":"front" """, true)]
    [InlineData(""" "to_name":"front" """, """ "to_name":"front" """, true)]
    public async Task Size_that_may_be_of_another_image_is_not_the_records(string first, string second, bool isByTwo)
    {
        var apart = isByTwo ? "]},{\"result\":[" : ",";
        await _rig.RunAsync([$$$"""
            {"file_name":"a.png","annotations":[{"result":[
              {"id":"a","from_name":"b","type":"rectanglelabels","original_width":50,"original_height":50,{{{first}}},"value":{"x":0,"y":0,"width":50,"height":50,"rectanglelabels":["cat"]}}
              {{{apart}}}
              {"id":"b","from_name":"b","type":"rectanglelabels","original_width":200,"original_height":100,{{{second}}},"value":{"x":10,"y":10,"width":50,"height":50,"rectanglelabels":["dog"]}}]}]}
            """], ct: Ct);
        var file = JsonElement.Parse(_rig.Read("coco.json"));
        var report = JsonElement.Parse(_rig.Read("coco-report.json"));
        Assert.False(file.GetProperty("images")[0].TryGetProperty("width", out _));
        Assert.Equal((1, 0, 2), (report.GetProperty("images_without_size").GetInt32(), report.GetProperty("annotations").GetInt32(), report.GetProperty("items_in").GetInt32()));
        Assert.Equal(2, report.GetProperty("not_exported").EnumerateObject().Sum(r => r.Value.GetProperty("items").GetInt32()));
    }

    [Fact]
    public async Task Shape_of_a_kind_that_is_not_converted_is_told_from_what_is_no_shape()
    {
        var (file, report) = await ExportAsync("""{"result":[{"id":"a","from_name":"b","to_name":"i","type":"bitmasklabels","original_width":4,"original_height":2,"value":{"format":"png","imageDataURL":"data:image/png;base64,","bitmasklabels":["cat"]}},{"id":"b","from_name":"c","to_name":"i","type":"rating","value":{"rating":4}}]}""", 4, 2);
        Assert.Empty(file.GetProperty("annotations").EnumerateArray());
        Assert.Equal("not_an_object 1 unknown_shape 1", Reasons(report));
    }

    [Fact]
    public async Task Brush_that_is_not_as_large_as_it_says_is_broken()
    {
        var (file, report) = await ExportAsync($$$"""{"result":[{"id":"m","from_name":"brush","to_name":"image","type":"brushlabels","original_width":5,"original_height":2,"value":{"format":"rle","rle":[{{{string.Join(',', LabelStudioBits.Encode(new bool[4, 2]))}}}],"brushlabels":["cat"]}}]}""", 4, 2);
        Assert.Empty(file.GetProperty("annotations").EnumerateArray());
        Assert.Equal("broken 1", Reasons(report));
    }

    private async Task<(JsonElement File, JsonElement Report)> ExportAsync(string annotations, int width = 100, int height = 100)
    {
        await _rig.RunAsync([$$"""{"file_name":"a.png","width":{{width}},"height":{{height}},"annotations":[{{annotations}}]}"""], ct: Ct);
        var text = _rig.Read("coco.json");
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(text));
        Assert.Empty((await CocoCheck.RunAsync(stream, Ct)).Kept.Select(f => $"{f.Path} {f.MessageKey}"));
        return (JsonElement.Parse(text), JsonElement.Parse(_rig.Read("coco-report.json")));
    }

    private static string Reasons(JsonElement report) => string.Join(' ', report.GetProperty("not_exported").EnumerateObject().Select(r => $"{r.Name} {r.Value.GetProperty("items")}"));
}
