using DataSync.Export.Coco.Shapes;

namespace DataSync.Export.Coco.Masks;

/// <summary>The pixels that polygons cover: those whose centre lies in one of them, by the rule that a line from it to the outside crosses the outline an odd number of times.</summary>
internal static class PolygonMask
{
    /// <summary>Columns times edges of the largest outline that is looked through: seconds of work.</summary>
    private const long MostSteps = 4_000_000_000;

    /// <summary>The mask of an image; null where the image or the outline is too large for one.</summary>
    public static CocoRle? Of(IReadOnlyList<double[]> polygons, ImageSize image)
    {
        if ((long)image.Width * image.Height > BrushRle.MostPixels) return null;
        var box = Polygon.Bounds(polygons);
        var (first, last) = ((int)Math.Clamp(Math.Floor(box.X), 0, image.Width), (int)Math.Clamp(Math.Ceiling(box.X + box.Width), 0, image.Width));
        if ((last - first) * polygons.Sum(p => (long)p.Length) > MostSteps) return null;
        var runs = new List<uint>();
        var (at, end) = (0L, 0L); // behind the last run written, and behind the last pixel set
        for (var x = first; x < last; x++)
        {
            if (runs.Count > CocoRle.MostRuns) return null;
            foreach (var (from, to) in Column(polygons, x + 0.5, image.Height))
            {
                var start = ((long)x * image.Height) + from;
                if (start > end || runs.Count == 0)
                {
                    if (runs.Count > 0) runs.Add((uint)(end - at));
                    at = start;
                    runs.Add((uint)(start - end));
                }

                end = ((long)x * image.Height) + to;
            }
        }

        if (runs.Count > 0) runs.Add((uint)(end - at));
        var rest = ((long)image.Width * image.Height) - end;
        if (rest > 0) runs.Add((uint)rest);
        return CocoRle.Of(image.Height, image.Width, runs);
    }

    /// <summary>Stretches of pixels in a column, from the top, none touching the next.</summary>
    private static List<(int From, int To)> Column(IReadOnlyList<double[]> polygons, double x, int height)
    {
        List<(int From, int To)> covered = [];
        List<double> crossings = [];
        foreach (var points in polygons)
        {
            crossings.Clear();
            var (x1, y1) = (points[^2], points[^1]);
            for (var i = 0; i < points.Length; i += 2)
            {
                var (x2, y2) = (points[i], points[i + 1]);
                if (x1 <= x != x2 <= x) crossings.Add(y1 + ((x - x1) / (x2 - x1) * (y2 - y1)));
                (x1, y1) = (x2, y2);
            }

            crossings.Sort();
            for (var i = 0; i + 1 < crossings.Count; i += 2)
            {
                var (from, to) = (Pixel(crossings[i], height), Pixel(crossings[i + 1], height));
                if (to > from) covered.Add((from, to));
            }
        }

        return Joined(covered);
    }

    /// <summary>The first pixel whose centre is at or below a place.</summary>
    private static int Pixel(double y, int height) => (int)Math.Clamp(Math.Ceiling(y - 0.5), 0, height);

    private static List<(int From, int To)> Joined(List<(int From, int To)> covered)
    {
        covered.Sort();
        List<(int From, int To)> joined = [];
        foreach (var (from, to) in covered)
        {
            if (joined is [.., var last] && from <= last.To) joined[^1] = (last.From, Math.Max(last.To, to));
            else joined.Add((from, to));
        }

        return joined;
    }
}
