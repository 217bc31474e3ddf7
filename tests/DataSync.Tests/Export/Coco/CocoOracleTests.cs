using System.Globalization;
using System.Text.Json;

namespace DataSync.Tests.Export.Coco;

/// <summary>Areas and boxes of what Label Studio's regions become, against Shapely's geometry of the same regions.</summary>
public sealed class CocoOracleTests : IDisposable
{
    private readonly ExportRig _rig = new() { Plan = new Pipeline.SyncPlan { OutputFormats = ["coco"] } };

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Areas_and_boxes_are_those_of_shapely()
    {
        var random = new Random(20260102);
        (int Width, int Height, string Kind, string Value)[] regions = [.. Enumerable.Range(0, 600).Select(i => Region(random, i))];
        await _rig.RunAsync([.. regions.Select((r, i) => $$"""{"file_name":"{{i}}.png","annotations":[{"from_name":"label","to_name":"image","type":"{{r.Kind}}","original_width":{{r.Width}},"original_height":{{r.Height}},"image_rotation":{{i / 3 % 4 * 90}},"value":{{r.Value}}}]}""")], batchSize: 100, ct: TestContext.Current.CancellationToken);
        var input = $"[[{string.Join(',', regions.Select(r => $"[{r.Width},{r.Height},\"{r.Kind}\",{r.Value}]"))}],{_rig.Read("coco.json")}]";
        Assert.Equal("", (await DebianPython.AskAsync("Export/Coco/shapely_check.py", "shapely", input, TestContext.Current.CancellationToken)).Trim());
        Assert.InRange(JsonElement.Parse(_rig.Read("coco.json")).GetProperty("annotations").GetArrayLength(), 500, 600);
    }

    private static (int Width, int Height, string Kind, string Value) Region(Random random, int i)
    {
        var (width, height) = (random.Next(50, 4000), random.Next(50, 4000));
        string N(double least, double most) => (least + (random.NextDouble() * (most - least))).ToString("R", CultureInfo.InvariantCulture);
        return (i % 3) switch
        {
            0 => (width, height, "rectanglelabels", $$"""{"x":{{N(-5, 90)}},"y":{{N(-5, 90)}},"width":{{N(1, 50)}},"height":{{N(1, 50)}},"rotation":{{(i % 2 == 0 ? "0" : N(0, 360))}},"rectanglelabels":["a"]}"""),
            1 => (width, height, "ellipselabels", $$"""{"x":{{N(0, 100)}},"y":{{N(0, 100)}},"radiusX":{{N(2, 30)}},"radiusY":{{N(2, 30)}},"rotation":{{N(0, 360)}},"ellipselabels":["a"]}"""),
            _ => (width, height, "polygonlabels", $$"""{"points":[{{Star(random)}}],"polygonlabels":["a"]}"""),
        };
    }

    /// <summary>A polygon that does not cross itself: points around a centre, in order, at any distance.</summary>
    private static string Star(Random random)
    {
        var (count, x, y) = (random.Next(3, 12), random.NextDouble() * 100, random.NextDouble() * 100);
        return string.Join(',', Enumerable.Range(0, count).Select(k =>
        {
            var (sin, cos) = Math.SinCos(2 * Math.PI * (k + (random.NextDouble() * 0.5)) / count);
            var far = 5 + (random.NextDouble() * 40);
            return string.Create(CultureInfo.InvariantCulture, $"[{x + (far * cos):R},{y + (far * sin):R}]");
        }));
    }
}
