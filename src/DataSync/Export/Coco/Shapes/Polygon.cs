namespace DataSync.Export.Coco.Shapes;

/// <summary>Polygons as x and y in turn, in pixels, closed from the last point to the first.</summary>
internal static class Polygon
{
    /// <summary>Points of an ellipse's polygon: its area is within a thousandth of the ellipse's, and four of them lie at the ends of its axes.</summary>
    private const int EllipsePoints = 96;

    /// <summary>What it covers, by the shoelace formula: a polygon that crosses itself counts the parts it goes round the other way as negative.</summary>
    public static double Area(ReadOnlySpan<double> points)
    {
        if (points.Length < 6) return 0;

        // Seen from one of its points: far from the corner of the image, products of positions would have lost the digits of a small one.
        var (sum, x, y) = (0.0, 0.0, 0.0);
        for (var i = 0; i < points.Length; i += 2)
        {
            var (nextX, nextY) = (points[i] - points[^2], points[i + 1] - points[^1]);
            sum += (x * nextY) - (nextX * y);
            (x, y) = (nextX, nextY);
        }

        return Math.Abs(sum) / 2;
    }

    /// <summary>The box around several.</summary>
    public static Box Bounds(IEnumerable<double[]> polygons)
    {
        var (left, top, right, bottom) = (double.MaxValue, double.MaxValue, double.MinValue, double.MinValue);
        foreach (var points in polygons)
        {
            for (var i = 0; i + 1 < points.Length; i += 2)
            {
                (left, right) = (Math.Min(left, points[i]), Math.Max(right, points[i]));
                (top, bottom) = (Math.Min(top, points[i + 1]), Math.Max(bottom, points[i + 1]));
            }
        }

        return left > right ? default : new Box(left, top, right - left, bottom - top);
    }

    /// <summary>A box turned clockwise about its top left corner, in pixels, where angles are true: percent of width and of height are not the same length.</summary>
    public static double[] Turned(Box box, double degrees)
    {
        var (sin, cos) = Math.SinCos(degrees * Math.PI / 180);
        var (right, down) = ((X: box.Width * cos, Y: box.Width * sin), (X: -box.Height * sin, Y: box.Height * cos));
        return [box.X, box.Y, box.X + right.X, box.Y + right.Y, box.X + right.X + down.X, box.Y + right.Y + down.Y, box.X + down.X, box.Y + down.Y];
    }

    /// <summary>An ellipse turned clockwise about its centre.</summary>
    public static double[] Ellipse(double x, double y, double radiusX, double radiusY, double degrees)
    {
        var (sin, cos) = Math.SinCos(degrees * Math.PI / 180);
        var points = new double[EllipsePoints * 2];
        for (var i = 0; i < EllipsePoints; i++)
        {
            var (up, along) = Math.SinCos(2 * Math.PI * i / EllipsePoints);
            points[2 * i] = x + (radiusX * along * cos) - (radiusY * up * sin);
            points[(2 * i) + 1] = y + (radiusX * along * sin) + (radiusY * up * cos);
        }

        return points;
    }

    /// <summary>The parts that lie in an image: more than one where an edge of the image parts a bay. The same points where all lie in it.</summary>
    public static IReadOnlyList<double[]> Within(double[] points, ImageSize image)
    {
        var inside = true;
        for (var i = 0; i < points.Length && inside; i += 2) inside = points[i] >= 0 && points[i] <= image.Width && points[i + 1] >= 0 && points[i + 1] <= image.Height;
        if (inside) return [points];
        IEnumerable<double[]> parts = [points];
        foreach (var edge in (ReadOnlySpan<ImageEdge>)[new(0, 0, KeepsAbove: true), new(0, image.Width, KeepsAbove: false), new(1, 0, KeepsAbove: true), new(1, image.Height, KeepsAbove: false)])
            parts = [.. parts.SelectMany(edge.Cut)];
        return [.. parts];
    }
}
