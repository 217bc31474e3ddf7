using System.Text.Json;

namespace DataSync.Export.Coco.Regions;

/// <summary>
/// Label Studio's keypoints, one result each, put together into objects: those drawn inside a region belong to it, the others of a category in an image are one
/// object, and a second point of the same name begins another.
/// </summary>
internal sealed class LabelStudioKeypoints(ImageObjects objects)
{
    private readonly Dictionary<string, int> _regions = new(StringComparer.Ordinal);
    private readonly List<Group> _groups = [];

    /// <summary>Notes which shape a region became.</summary>
    public void Region(string id, int shape) => _regions.TryAdd(id, shape);

    public void Add(JsonElement result, IReadOnlyList<string> labels)
    {
        if (labels.Count == 0) objects.Refuse(NotExported.NoLabel);
        else if (result.At("value.x").Number() is not { } x || result.At("value.y").Number() is not { } y) objects.Refuse(NotExported.Broken);
        else if (objects.Options.Categories.FirstOrDefault(c => c.Keypoints.Contains(labels[0], StringComparer.Ordinal)) is not { } category) objects.Refuse(NotExported.UnknownKeypoint);
        else Place(category, result.At("parentID").Text(), category.Keypoints.ToList().IndexOf(labels[0]), x * objects.Size.Width / 100.0, y * objects.Size.Height / 100.0);
    }

    /// <summary>Makes the objects, once all regions are known.</summary>
    public void Finish()
    {
        foreach (var group in _groups)
        {
            if (group.Parent is { } parent && _regions.TryGetValue(parent, out var at) && objects.Shapes[at] is { Keypoints: null } region && region.Labels.Contains(group.Category.Name, StringComparer.Ordinal))
            {
                objects.Shapes[at] = region with { Keypoints = group.Points };
                objects.Join(group.Count);
                continue;
            }

            objects.Shapes.Add(KeypointShapes.Around(group.Category.Name, group.Points));
            objects.Join(group.Count - 1);
        }
    }

    private void Place(CocoCategory category, string? parent, int index, double x, double y)
    {
        var group = _groups.Find(g => ReferenceEquals(g.Category, category) && string.Equals(g.Parent, parent, StringComparison.Ordinal) && g.Points[(3 * index) + 2] == 0);
        if (group is null) _groups.Add(group = new Group(category, parent, new double[category.Keypoints.Count * 3]));
        (group.Points[3 * index], group.Points[(3 * index) + 1], group.Points[(3 * index) + 2]) = (x, y, 2);
        group.Count++;
    }

    private sealed record Group(CocoCategory Category, string? Parent, double[] Points)
    {
        public int Count { get; set; }
    }
}
