using DataSync.Export.Coco.Shapes;

namespace DataSync.Export.Coco.Regions;

/// <summary>Objects of which only points are known: tools that evaluate them divide by their area, so they get the box around the points, of at least a pixel.</summary>
internal static class KeypointShapes
{
    /// <summary>How many keypoints are labelled: hidden or visible.</summary>
    public static int Labelled(double[] points) => points.Where((v, i) => i % 3 == 2 && v > 0).Count();

    /// <summary>Whether a point lies in an image, its edges included.</summary>
    public static bool IsWithin(double x, double y, ImageSize image) => x >= 0 && y >= 0 && x <= image.Width && y <= image.Height;

    /// <summary>Keypoints of one label alone.</summary>
    public static Dictionary<string, double[]> Of(string label, double[] points) => new(StringComparer.Ordinal) { [label] = points };

    /// <summary>The object that points make; at the edge of an image its box is moved into it.</summary>
    public static Shape Around(string label, double[] points, ImageSize image)
    {
        List<double> seen = [];
        for (var i = 0; i + 2 < points.Length; i += 3)
        {
            if (points[i + 2] > 0) seen.AddRange([points[i], points[i + 1]]);
        }

        var box = Polygon.Bounds([[.. seen]]);
        box = box with { Width = Math.Max(box.Width, 1), Height = Math.Max(box.Height, 1) };
        if (image.IsKnown) box = box with { X = Math.Min(box.X, image.Width - box.Width), Y = Math.Min(box.Y, image.Height - box.Height) };
        return new Shape { Labels = [label], Box = box, Area = box.Area, Keypoints = Of(label, points) };
    }
}
