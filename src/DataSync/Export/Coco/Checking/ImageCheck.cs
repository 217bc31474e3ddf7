using System.Text.Json;
using DataSync.Export.Coco.Regions;
using DataSync.Export.Coco.Shapes;

namespace DataSync.Export.Coco.Checking;

/// <summary>Images: an id of its own, a size, a name that means the same below any folder.</summary>
internal sealed class ImageCheck(CocoFindings findings)
{
    private readonly Dictionary<long, ImageSize> _sizes = [];
    private readonly HashSet<int> _names = [];
    private readonly HashSet<long> _licenses = [];
    private readonly List<(int Index, long License)> _licensed = [];

    /// <summary>The size of an image; null where there is no such image.</summary>
    public ImageSize? SizeOf(long id) => _sizes.TryGetValue(id, out var size) ? size : null;

    public void Look(JsonElement image, int index)
    {
        findings.Images++;
        var at = Places.Element("images", index);
        if (!Ids.Object(image, at, findings)) return;
        var id = Ids.Read(image, at, findings);
        var size = new ImageSize(Side(image, "width", at), Side(image, "height", at));
        if (id is { } known && !_sizes.TryAdd(known, size)) findings.Error(at + ".id", "coco.id_twice", ("id", known));
        Name(image, at + ".file_name");
        License(image, at + ".license", index);
    }

    /// <summary>Notes the licenses, which may stand before the images or behind them.</summary>
    public void Licenses(JsonElement licenses)
    {
        foreach (var license in licenses.Items())
        {
            if (license.At("id") is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out var id)) _licenses.Add(id);
        }
    }

    /// <summary>Compares with the licenses, all of which are known now. Tools read such a file, and say nothing of a license that is not there.</summary>
    public void Finish()
    {
        foreach (var (index, license) in _licensed.Where(l => !_licenses.Contains(l.License))) findings.Warn(Places.Element("images", index) + ".license", "coco.no_such_license", ("id", license));
    }

    /// <summary>An image need not have one, and null says that it has none.</summary>
    private void License(JsonElement image, string at, int index)
    {
        if (image.At("license") is not { ValueKind: not (JsonValueKind.Undefined or JsonValueKind.Null) } value) return;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var id)) _licensed.Add((index, id));
        else findings.Error(at, "coco.id");
    }

    private int Side(JsonElement image, string name, string at)
    {
        if (image.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var side) && side > 0) return side;
        findings.Error($"{at}.{name}", "coco.image_side");
        return 0;
    }

    private void Name(JsonElement image, string at)
    {
        if (!image.TryGetProperty("file_name", out var value) || value.ValueKind != JsonValueKind.String || value.GetString() is not { Length: > 0 } name)
        {
            findings.Error(at, "coco.file_name");
            return;
        }

        if (name.Contains('\\', StringComparison.Ordinal) || name.StartsWith('/') || (name.Length > 1 && name[1] == ':' && char.IsAsciiLetter(name[0])) || name.Split('/').Contains("..", StringComparer.Ordinal)) findings.Warn(at, "coco.file_name_absolute");

        // Names are told apart by a hash of 32 bits: one that only seems to be there twice is a warning like the others.
        if (!_names.Add(string.GetHashCode(name, StringComparison.Ordinal))) findings.Warn(at, "coco.file_name_twice");
    }
}
