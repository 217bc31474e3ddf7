using System.Collections.ObjectModel;
using System.Text.Json;

namespace DataSync.Export.Coco.Shapes;

/// <summary>An object in an image, as COCO says it, before it has its ids.</summary>
internal sealed record Shape
{
    /// <summary>What it is: the categories' names, more than one where a region has several labels.</summary>
    public required IReadOnlyList<string> Labels { get; init; }

    public required Box Box { get; init; }

    /// <summary>Pixels it covers.</summary>
    public required double Area { get; init; }

    /// <summary>Its outline; empty for a mere box.</summary>
    public IReadOnlyList<double[]> Polygons { get; init; } = [];

    /// <summary>Its mask; null for none.</summary>
    public Masks.CocoRle? Mask { get; init; }

    /// <summary>A crowd, as the annotation says itself.</summary>
    public bool IsCrowd { get; init; }

    /// <summary>By label x, y and visibility of each of that category's keypoints in turn; none for a label without.</summary>
    public IReadOnlyDictionary<string, double[]> Keypoints { get; init; } = ReadOnlyDictionary<string, double[]>.Empty;

    /// <summary>How sure whoever found it was.</summary>
    public double? Score { get; init; }

    /// <summary>What else is said of it: a JSON object; undefined for nothing.</summary>
    public JsonElement Attributes { get; init; }

    /// <summary>Something of it lay outside the image and was cut off.</summary>
    public bool IsClipped { get; init; }
}
