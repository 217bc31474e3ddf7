using System.Text.Json;
using DataSync.Export.Coco.Masks;
using DataSync.Export.Coco.Shapes;

namespace DataSync.Export.Coco.Regions;

/// <summary>The objects of one image, and what was not taken for one.</summary>
internal sealed class ImageObjects(long image, ImageSize size, CocoOptions options, CocoReport report)
{
    public List<Shape> Shapes { get; } = [];

    public ImageSize Size { get; } = size;

    public CocoOptions Options { get; } = options;

    /// <summary>False where Label Studio's results are of several images, and nobody can tell which of them is the record's.</summary>
    public bool IsOneImage { get; private set; } = true;

    /// <summary>Reads what a record has at the path of its annotations.</summary>
    public void Read(GivenAnnotations annotations)
    {
        if (annotations.IsUnusable)
        {
            Meet();
            Refuse(NotExported.Broken);
        }

        IsOneImage = LabelStudioRegions.AreOfOneImage(annotations.Items.Results(), Options.ShownBy);
        List<JsonElement> results = [], annotated = [];
        foreach (var item in annotations.Items)
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

    /// <summary>Counts what an item with several labels makes beyond one.</summary>
    public void Multiply(int labels) => report.FromFurtherLabels += labels - 1;

    /// <summary>Takes an object whose outline is known, cut to the image.</summary>
    public void Add(IReadOnlyList<string> labels, double[][] outline, bool isBox, Func<Shape, Shape> more)
    {
        if (labels.Count == 0)
        {
            Refuse(NotExported.NoLabel);
            return;
        }

        var within = Size.IsKnown ? outline.SelectMany(p => Polygon.Within(p, Size)).ToArray() : outline;
        var kept = within.Where(p => p.Length >= 6 && Polygon.Area(p) != 0).ToArray();
        var box = Polygon.Bounds(kept);

        // Outlines that lie over one another, or go round twice, cover no more than their box.
        var area = Math.Min(kept.Sum(p => Polygon.Area(p)), box.Area);
        if (kept.Length == 0 || area == 0) Refuse(NotExported.Empty);
        else Take(more(new Shape { Labels = labels, Box = box, Area = area, Polygons = kept, IsClipped = !within.SequenceEqual(outline) }), isBox);
    }

    /// <summary>Takes an object. A crowd has a mask of the image: its outline or its box is made one.</summary>
    public void Take(Shape shape, bool isBox = false)
    {
        if (!double.IsFinite(shape.Area + shape.Box.Area + shape.Box.X + shape.Box.Y))
        {
            Refuse(NotExported.Broken);
            return;
        }

        if (shape is { IsCrowd: true, Mask: null })
        {
            if (!Size.IsKnown)
            {
                Refuse(NotExported.NoSize);
                return;
            }

            var mask = PolygonMask.Of(shape.Polygons.Count > 0 ? shape.Polygons : [shape.Box.Corners()], Size);
            if (mask is null or { Area: 0 })
            {
                Refuse(mask is null ? NotExported.Broken : NotExported.Empty);
                return;
            }

            shape = shape with { Mask = mask, Box = mask.Box(), Area = mask.Area };
        }

        Shapes.Add(isBox && !Options.GivesBoxesPolygons ? shape with { Polygons = [] } : shape);
    }
}
