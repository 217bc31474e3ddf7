using System.Text.Json;
using DataSync.Export.Coco.Shapes;

namespace DataSync.Export.Coco.Regions;

/// <summary>The objects of one image, and what was not taken for one.</summary>
internal sealed class ImageObjects(long image, ImageSize size, CocoOptions options, CocoReport report)
{
    public List<Shape> Shapes { get; } = [];

    public ImageSize Size { get; } = size;

    public CocoOptions Options { get; } = options;

    /// <summary>Reads what a record has at the path of its annotations.</summary>
    public void Read(JsonElement annotations)
    {
        List<JsonElement> results = [], annotated = [];
        foreach (var item in annotations.Items())
        {
            if (item.At("result").ValueKind == JsonValueKind.Array) annotated.Add(item);
            else if (item.IsResult()) results.Add(item);
            else NativeAnnotation.Read(item, this);
        }

        if (results.Count > 0) LabelStudioRegions.Read(results, this);
        foreach (var one in Annotators.Choose(annotated, this)) LabelStudioRegions.Read([.. one.At("result").EnumerateArray()], this);
    }

    /// <summary>Counts an item that was met.</summary>
    public void Meet(int items = 1) => report.ItemsIn += items;

    public void Refuse(string reason) => report.Refuse(reason, image);

    /// <summary>Counts items that are part of another.</summary>
    public void Join(int items = 1) => report.PartOfAnother += items;

    /// <summary>Takes an object whose outline is known, cut to the image.</summary>
    public void Add(IReadOnlyList<string> labels, double[][] outline, bool isBox, Func<Shape, Shape>? more = null)
    {
        if (labels.Count == 0)
        {
            Refuse(NotExported.NoLabel);
            return;
        }

        var within = Size.IsKnown ? outline.SelectMany(p => Polygon.Within(p, Size)).ToArray() : outline;
        var kept = within.Where(p => p.Length >= 6 && Polygon.Area(p) > 0).ToArray();
        if (kept.Length == 0)
        {
            Refuse(NotExported.Empty);
            return;
        }

        var shape = new Shape
        {
            Labels = labels,
            Box = Polygon.Bounds(kept),
            Area = kept.Sum(p => Polygon.Area(p)),
            Polygons = isBox && !Options.GivesBoxesPolygons ? [] : kept,
            IsClipped = !within.SequenceEqual(outline),
        };
        Shapes.Add(more is null ? shape : more(shape));
    }
}
