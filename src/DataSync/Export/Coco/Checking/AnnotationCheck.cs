using System.Text.Json;
using DataSync.Export.Coco.Regions;
using DataSync.Export.Coco.Shapes;

namespace DataSync.Export.Coco.Checking;

/// <summary>
/// Annotations. Images and categories may come behind them in the file, so what is compared with those waits for the end: a few numbers of each annotation.
/// </summary>
internal sealed class AnnotationCheck(CocoFindings findings, ImageCheck images, CategoryCheck categories)
{
    /// <summary>A box may be beyond its image by so many pixels: positions are rounded by some tools.</summary>
    private const double Tolerance = 1;

    private readonly HashSet<long> _ids = [];
    private readonly List<Waiting> _waiting = [];

    public void Look(JsonElement annotation, int index)
    {
        findings.Annotations++;
        var at = Places.Element("annotations", index);
        if (!Ids.Object(annotation, at, findings)) return;
        if (Ids.Read(annotation, at, findings) is { } id && !_ids.Add(id)) findings.Error(at + ".id", "coco.id_twice", ("id", id));
        var image = Ids.Reference(annotation, "image_id", at, findings);
        var category = Ids.Reference(annotation, "category_id", at, findings);
        var isCrowd = Crowd(annotation, at);
        var box = Box(annotation, at);
        Area(annotation, at, box);
        var mask = SegmentationCheck.Look(annotation, at + ".segmentation", isCrowd, findings);
        _waiting.Add(new Waiting(index, image, category, box, mask, KeypointCheck.Look(annotation, at, findings)));
    }

    /// <summary>Compares with the images and categories, all of which are known now.</summary>
    public void Finish()
    {
        foreach (var one in _waiting)
        {
            var at = Places.Element("annotations", one.Index);
            var size = one.Image is { } image ? images.SizeOf(image) : null;
            if (one.Image is { } missing && size is null) findings.Error(at + ".image_id", "coco.no_such_image", ("id", missing));
            var points = one.Category is { } category ? categories.KeypointsOf(category) : null;
            if (one.Category is { } absent && points is null) findings.Error(at + ".category_id", "coco.no_such_category", ("id", absent));
            if (one.Keypoints is { } count && points is { } expected && count != expected) findings.Error(at + ".keypoints", "coco.keypoints_count", ("expected", expected), ("found", count));
            if (size is not { IsKnown: true } known) continue;
            if (one.Box is { } box && (box.X < -Tolerance || box.Y < -Tolerance || box.X + box.Width > known.Width + Tolerance || box.Y + box.Height > known.Height + Tolerance))
                findings.Warn(at + ".bbox", "coco.box_outside", ("width", known.Width), ("height", known.Height));
            if (one.Mask is { } mask && mask != known) findings.Error(at + ".segmentation.size", "coco.mask_size", ("width", known.Width), ("height", known.Height));
        }
    }

    private bool? Crowd(JsonElement annotation, string at)
    {
        if (!annotation.TryGetProperty("iscrowd", out var value)) findings.Error(at + ".iscrowd", "coco.missing");
        else if (value.Number() is 0 or 1) return value.Number() == 1;
        else findings.Error(at + ".iscrowd", "coco.crowd");
        return null;
    }

    private Box? Box(JsonElement annotation, string at)
    {
        if (!annotation.TryGetProperty("bbox", out var value)) findings.Error(at + ".bbox", "coco.missing");
        else if (value.Numbers() is not [var x, var y, var width, var height]) findings.Error(at + ".bbox", "coco.box");
        else if (width <= 0 || height <= 0) findings.Error(at + ".bbox", "coco.box_empty");
        else return new Box(x, y, width, height);
        return null;
    }

    private void Area(JsonElement annotation, string at, Box? box)
    {
        if (!annotation.TryGetProperty("area", out var value)) findings.Error(at + ".area", "coco.missing");
        else if (value.Number() is not { } area || area <= 0) findings.Error(at + ".area", "coco.area");
        else if (box is { } around && area > (around.Width + Tolerance) * (around.Height + Tolerance)) findings.Warn(at + ".area", "coco.area_beyond_box");
    }

    private readonly record struct Waiting(int Index, long? Image, long? Category, Box? Box, ImageSize? Mask, int? Keypoints);
}
