using System.Text.Json;

namespace DataSync.Export.Coco.Regions;

/// <summary>
/// Label Studio's keypoints, one result each, put together into objects: those drawn inside a region belong to it, the others of a category in an image are one
/// object, and a second point of the same name begins another. A point with several labels is each of these keypoints.
/// </summary>
internal sealed class LabelStudioKeypoints(ImageObjects objects)
{
    private readonly Dictionary<string, int> _regions = new(StringComparer.Ordinal);
    private readonly List<Point> _points = [];
    private readonly List<Group> _groups = [];

    /// <summary>Notes which shape a region became.</summary>
    public void Region(string id, int shape) => _regions.TryAdd(id, shape);

    public void Add(JsonElement result, IReadOnlyList<string> labels)
    {
        if (labels.Count == 0)
        {
            objects.Refuse(NotExported.NoLabel);
            return;
        }

        objects.Multiply(labels.Count);
        var at = (X: result.At("value.x").Number() * objects.Size.Width / 100.0, Y: result.At("value.y").Number() * objects.Size.Height / 100.0);
        foreach (var label in labels)
        {
            if (at is not ({ } x, { } y)) objects.Refuse(NotExported.Broken);
            else if (!KeypointShapes.IsWithin(x, y, objects.Size)) objects.Refuse(NotExported.Empty);
            else if (!CategoriesWith(label).Any()) objects.Refuse(NotExported.UnknownKeypoint);
            else _points.Add(new Point(label, result.At("parentID").Text(), x, y));
        }
    }

    /// <summary>Makes the objects, once all regions are known.</summary>
    public void Finish()
    {
        foreach (var point in _points) Place(point);
        foreach (var group in _groups)
        {
            var name = group.Category.Name;
            if (group.Parent is { } parent && _regions.TryGetValue(parent, out var at) && objects.Shapes[at] is var region && region.Labels.Contains(name, StringComparer.Ordinal) && !region.Keypoints.ContainsKey(name))
            {
                objects.Shapes[at] = region with { Keypoints = new Dictionary<string, double[]>(region.Keypoints, StringComparer.Ordinal) { [name] = group.Points } };
                objects.Join(group.Count);
                continue;
            }

            objects.Shapes.Add(KeypointShapes.Around(name, group.Points, objects.Size));
            objects.Join(group.Count - 1);
        }
    }

    /// <summary>Several categories may have a keypoint of one name: the point is that of the region it was drawn in.</summary>
    private void Place(Point point)
    {
        var labels = point.Parent is { } parent && _regions.TryGetValue(parent, out var at) ? objects.Shapes[at].Labels : [];
        var category = CategoriesWith(point.Label).FirstOrDefault(c => labels.Contains(c.Name, StringComparer.Ordinal)) ?? CategoriesWith(point.Label).First();
        var index = category.Keypoints.ToList().IndexOf(point.Label);
        var group = _groups.Find(g => ReferenceEquals(g.Category, category) && string.Equals(g.Parent, point.Parent, StringComparison.Ordinal) && g.Points[(3 * index) + 2] == 0);
        if (group is null) _groups.Add(group = new Group(category, point.Parent, new double[category.Keypoints.Count * 3]));
        (group.Points[3 * index], group.Points[(3 * index) + 1], group.Points[(3 * index) + 2]) = (point.X, point.Y, 2);
        group.Count++;
    }

    private IEnumerable<CocoCategory> CategoriesWith(string keypoint) => objects.Options.Categories.Where(c => c.Keypoints.Contains(keypoint, StringComparer.Ordinal));

    private sealed record Point(string Label, string? Parent, double X, double Y);

    private sealed record Group(CocoCategory Category, string? Parent, double[] Points)
    {
        /// <summary>Labels placed in it.</summary>
        public int Count { get; set; }
    }
}
