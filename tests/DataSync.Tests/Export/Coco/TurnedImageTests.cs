using System.Text;
using System.Text.Json;
using DataSync.Export.Coco.Checking;
using DataSync.Pipeline;

namespace DataSync.Tests.Export.Coco;

/// <summary>
/// Annotators may turn the view of an image by 90, 180 or 270 degrees. Label Studio's editor turns what they draw back before it writes it: positions and sizes are percent of the image as it lies, masks have its
/// rows, and <c>original_width</c> and <c>original_height</c> are its own. An image that lies otherwise than the record says is another matter.
/// </summary>
public sealed class TurnedImageTests : IDisposable
{
    private const string Options = """{"coco":{"categories":["car",{"name":"person","keypoints":["nose"]}]}}""";
    private readonly ExportRig _rig = new() { Plan = new SyncPlan { OutputFormats = ["coco"], Export = new ExportPlan { Options = JsonElement.Parse(Options).EnumerateObject().ToDictionary(m => m.Name, m => m.Value, StringComparer.Ordinal) } } };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _rig.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(90)]
    [InlineData(180)]
    [InlineData(270)]
    public async Task Region_is_where_it_was_drawn_however_the_view_was_turned(int rotation)
    {
        var (file, report) = await ExportAsync(200, 100, Results($"\"original_width\":200,\"original_height\":100,\"image_rotation\":{rotation},"));
        var found = file.GetProperty("annotations").EnumerateArray().ToArray();
        Assert.Equal(["[20,20,60,40]", "[70,20,30,40]", "[0,0,100,50]", "[130,40,40,20]", "[5,3,5,2]", "[50,75,1,1]"], found.Select(a => Rounded(a.GetProperty("bbox"))));
        Assert.Equal([2400, 1200, 2500, 628, 10, 1], found.Select(a => (int)Math.Round(a.GetProperty("area").GetDouble())));
        Assert.Equal("[[100,20,100,60,70,60,70,20]]", $"[{string.Join(',', found[1].GetProperty("segmentation").EnumerateArray().Select(Rounded))}]");
        Assert.Equal("[50,75,2]", found[5].GetProperty("keypoints").GetRawText());
        Assert.Empty(report.GetProperty("not_exported").EnumerateObject());
    }

    /// <summary>A browser turns a photo by what its file says of it, and Label Studio measures what the browser shows; the record has what the file's pixels are.</summary>
    [Theory]
    [InlineData(100, 200)]
    [InlineData(50, 100)]
    [InlineData(67, 133)]
    [InlineData(1000, 2000)]
    public async Task Region_of_an_image_that_lies_on_its_side_is_not_exported_and_counted(int width, int height)
    {
        var (file, report) = await ExportAsync(width, height, Results("\"original_width\":200,\"original_height\":100,\"image_rotation\":0,"));
        Assert.Empty(file.GetProperty("annotations").EnumerateArray());
        var refused = Assert.Single(report.GetProperty("not_exported").EnumerateObject());
        Assert.Equal(("image_turned", 6, 6), (refused.Name, refused.Value.GetProperty("items").GetInt32(), report.GetProperty("items_in").GetInt32()));
    }

    [Theory]
    [InlineData(200, 100, "")]
    [InlineData(640, 640, "\"original_width\":200,\"original_height\":100,")]
    [InlineData(100, 400, "\"original_width\":200,\"original_height\":100,")]
    [InlineData(100, 50, "\"original_width\":200,\"original_height\":100,")]
    [InlineData(200, 100, "\"original_width\":100,\"original_height\":100,")]
    public async Task Region_of_an_image_of_another_size_is_exported(int width, int height, string drawn)
    {
        var (file, report) = await ExportAsync(width, height, $$$"""{"id":"a","from_name":"f","to_name":"i","type":"rectanglelabels",{{{drawn}}}"value":{"x":25,"y":50,"width":25,"height":25,"rectanglelabels":["car"]}}""");
        Assert.Equal($"[{width / 4},{height / 2},{width / 4},{height / 4}]", Rounded(Assert.Single(file.GetProperty("annotations").EnumerateArray()).GetProperty("bbox")).Replace(".5", "", StringComparison.Ordinal));
        Assert.Empty(report.GetProperty("not_exported").EnumerateObject());
    }

    private async Task<(JsonElement File, JsonElement Report)> ExportAsync(int width, int height, string results)
    {
        await _rig.RunAsync([$$"""{"file_name":"a.png","width":{{width}},"height":{{height}},"annotations":[{"result":[{{results}}]}]}"""], ct: Ct);
        var text = _rig.Read("coco.json");
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(text));
        Assert.Empty((await CocoCheck.RunAsync(stream, Ct)).Kept.Select(f => $"{f.Path} {f.MessageKey}"));
        return (JsonElement.Parse(text), JsonElement.Parse(_rig.Read("coco-report.json")));
    }

    /// <summary>A box, a turned box, a polygon, an ellipse, a mask of 200 × 100 with pixels 5 to 9 of rows 3 and 4, and a point.</summary>
    private static string Results(string drawn)
    {
        var mask = new bool[200, 100];
        for (var x = 5; x < 10; x++) mask[x, 3] = mask[x, 4] = true;
        (string Type, string Value)[] results =
        [
            ("rectanglelabels", """{"x":10,"y":20,"width":30,"height":40,"rotation":0,"rectanglelabels":["car"]}"""),
            ("rectanglelabels", """{"x":50,"y":20,"width":20,"height":30,"rotation":90,"rectanglelabels":["car"]}"""),
            ("polygonlabels", """{"points":[[0,0],[50,0],[0,50]],"polygonlabels":["car"]}"""),
            ("ellipselabels", """{"x":75,"y":50,"radiusX":10,"radiusY":10,"rotation":0,"ellipselabels":["car"]}"""),
            ("brushlabels", $$"""{"format":"rle","rle":[{{string.Join(',', LabelStudioBits.Encode(mask))}}],"brushlabels":["car"]}"""),
            ("keypointlabels", """{"x":25,"y":75,"width":1,"keypointlabels":["nose"]}"""),
        ];
        return string.Join(',', results.Select((r, i) => $$"""{"id":"r{{i}}","from_name":"f","to_name":"i","type":"{{r.Type}}",{{drawn}}"value":{{r.Value}}}"""));
    }

    private static string Rounded(JsonElement numbers) => $"[{string.Join(',', numbers.EnumerateArray().Select(n => Math.Round(n.GetDouble(), 6).ToString(System.Globalization.CultureInfo.InvariantCulture)))}]";
}
