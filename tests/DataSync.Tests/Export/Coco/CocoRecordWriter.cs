using System.Globalization;
using System.Text.Json;

namespace DataSync.Tests.Export.Coco;

/// <summary>Writes records of images with everything that annotations may be: COCO's own and Label Studio's, sound ones and broken ones.</summary>
internal sealed class CocoRecordWriter(Random random)
{
    private static readonly string[] Labels = ["cat", "person", "bird", "名字", "", "a\\ud800", "\\u0063at", "\\\"x\\\""];
    private static readonly string[] Points = ["nose", "eye", "beak", "eye ", "tail", ""];
    private int _width, _height;

    /// <summary>Items that the records written so far hold.</summary>
    public long Items { get; private set; }

    /// <summary>A record of an image with a name of its own; some have none, or no size.</summary>
    public string Record(int number)
    {
        (_width, _height) = (random.Next(1, 60), random.Next(1, 60));
        var name = random.Next(12) == 0 ? "" : $"\"file_name\":\"{Pick("", "C:\\\\", "/", "../x\\\\", "\\ud800", "https://h/p%20q/")}{number}.png\",";
        var size = random.Next(6) == 0 ? "" : $"\"width\":{_width},\"height\":{_height},";
        return $"{{{name}{size}\"annotations\":{Annotations()}}}";
    }

    private string Annotations()
    {
        switch (random.Next(12))
        {
            case 0: return Pick("null", "[]", "\"\"", "\"null\"");
            case 1:
                Items++;
                return Pick("7", "\"x\"", "false", "{}", "\"{\\\"label\\\":7}\"");
            case 2: return Native();
            case 3: return JsonSerializer.Serialize($"[{Several(5, Native)}]");
            case 4: return $"[{Several(6, Result)}]";
            case < 8: return $"[{Several(6, Native)}]";
            default: return $"[{Several(3, () => $"{{\"was_cancelled\":{Pick("false", "false", "true")},\"ground_truth\":{Pick("true", "false")},\"result\":[{Several(8, Result)}]}}")}]";
        }
    }

    private string Native()
    {
        Items++;
        var crowd = Pick("", "", "\"iscrowd\":1,", "\"iscrowd\":true,", "\"iscrowd\":0,");
        var points = Pick("", "", $"\"keypoints\":[{Triple()},{Triple()}],", $"\"keypoints\":[{Triple()}],");
        var where = random.Next(7) switch
        {
            0 => $"\"bbox\":[{N()},{N()},{N()},{N()}]",
            1 => $"\"segmentation\":[{Several(3, () => Polygon(random.Next(2, 7)))}]",
            2 => $"\"segmentation\":[{Polygon(4)}],\"bbox\":[1,1,2,2]",
            3 => $"\"segmentation\":{{\"size\":[{_height},{_width}],\"counts\":[{Math.Min(1, _width * _height)},{(_width * _height) - 1}]}}",
            4 => "\"segmentation\":{\"size\":[3,4],\"counts\":[2,9,1]}",
            5 => "\"bbox\":[1e308,0,1e308,1]",
            _ => "\"score\":0.5",
        };
        return $"{{\"label\":\"{Pick(Labels)}\",{crowd}{points}\"attributes\":{{\"a\":\"\\ud800\"}},{where}}}";
    }

    private string Result()
    {
        Items++;
        var (type, value) = random.Next(9) switch
        {
            0 => ("rectanglelabels", $"\"x\":{P()},\"y\":{P()},\"width\":{P()},\"height\":{P()},\"rotation\":{Pick("0", "30", "200")}"),
            1 => ("polygonlabels", $"\"points\":[{Several(6, () => $"[{P()},{P()}]")}]"),
            2 => ("ellipselabels", $"\"x\":{P()},\"y\":{P()},\"radiusX\":{P()},\"radiusY\":{P()}"),
            3 => ("brushlabels", $"\"format\":\"rle\",\"rle\":[{string.Join(',', LabelStudioBits.Encode(Mask()))}]"),
            < 7 => ("keypointlabels", $"\"x\":{P()},\"y\":{P()},\"width\":1"),
            7 => ("labels", "\"text\":\"x\""),
            _ => ("choices", "\"choices\":[\"x\"]"),
        };
        if (random.Next(15) == 0) return "{\"type\":\"relation\",\"from_id\":\"r0\",\"to_id\":\"r1\"}";
        var names = type == "keypointlabels" ? Points : Labels;
        var labels = string.Join(',', Enumerable.Range(0, random.Next(0, 4)).Select(_ => $"\"{Pick(names)}\""));
        var (width, height) = random.Next(8) == 0 ? (_height, _width) : (_width, _height);
        var drawn = random.Next(8) == 0 ? "" : $"\"original_width\":{width},\"original_height\":{height},\"image_rotation\":{Pick("0", "90", "180", "270")},";
        return $"{{\"id\":\"r{random.Next(4)}\",\"parentID\":\"r{random.Next(4)}\",\"from_name\":\"f\",\"to_name\":\"i\",{drawn}\"type\":\"{type}\",\"value\":{{{value},\"{type}\":[{labels}]}}}}";
    }

    private bool[,] Mask()
    {
        var mask = new bool[_width, _height];
        var density = random.Next(0, 100);
        for (var x = 0; x < _width; x++)
        {
            for (var y = 0; y < _height; y++) mask[x, y] = random.Next(100) < density;
        }

        return mask;
    }

    private string Polygon(int points) => $"[{string.Join(',', Enumerable.Range(0, points * 2).Select(_ => N()))}]";

    private string Triple() => $"{N()},{N()},{random.Next(3)}";

    private string Several(int most, Func<string> one) => string.Join(',', Enumerable.Range(0, random.Next(0, most + 1)).Select(_ => one()));

    /// <summary>Pixels, of which some lie outside.</summary>
    private string N() => random.Next(3) == 0 ? $"{random.Next(-5, 70)}" : ((random.NextDouble() * 70) - 5).ToString("R", CultureInfo.InvariantCulture);

    /// <summary>Percent, of which some lie outside.</summary>
    private string P() => random.Next(4) == 0 ? Pick("0", "100", "50", "-1", "101") : (random.NextDouble() * 105).ToString("R", CultureInfo.InvariantCulture);

    private string Pick(params string[] of) => of[random.Next(of.Length)];
}
