using System.Text.Json;
using DataSync.Export.Coco.Shapes;

namespace DataSync.Export.Coco.Checking;

/// <summary>Images: an id of its own, a size, a name that means the same below any folder.</summary>
internal sealed class ImageCheck(CocoFindings findings)
{
    private readonly Dictionary<long, ImageSize> _sizes = [];
    private readonly HashSet<int> _names = [];

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

        if (name.Contains('\\', StringComparison.Ordinal) || name.StartsWith('/') || (name.Length > 1 && name[1] == ':') || name.Split('/').Contains("..", StringComparer.Ordinal)) findings.Warn(at, "coco.file_name_absolute");

        // Names are told apart by a hash of 32 bits: one that only seems to be there twice is a warning like the others.
        if (!_names.Add(string.GetHashCode(name, StringComparison.Ordinal))) findings.Warn(at, "coco.file_name_twice");
    }
}
