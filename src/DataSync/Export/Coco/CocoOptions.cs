using System.Text.Json;
using DataSync.Pipeline;

namespace DataSync.Export.Coco;

/// <summary><c>export_config.coco</c>: where a record has what an image needs, and what the dataset says about itself. Paths have dots between their members; one that begins with the name of a member that the export adds means that one.</summary>
internal sealed record CocoOptions
{
    /// <summary>Path of the image's name or address.</summary>
    public string Image { get; private init; } = "file_name";

    /// <summary>Path of its width in pixels.</summary>
    public string Width { get; private init; } = "width";

    /// <summary>Path of its height in pixels.</summary>
    public string Height { get; private init; } = "height";

    /// <summary>Path of its objects: annotations of COCO's kind, or Label Studio's annotations or results.</summary>
    public string Annotations { get; private init; } = "annotations";

    /// <summary>Name of the tag that shows the image, where annotators were shown more than one (<c>to_name</c> of Label Studio's results); null where there is but one.</summary>
    public string? ShownBy { get; private init; }

    /// <summary>Of several people's annotations of an image all are exported; else the ground truth, or the one changed last.</summary>
    public bool TakesAllAnnotators { get; private init; }

    /// <summary>Boxes are given a polygon of four points too, for tools that want a segmentation of every object.</summary>
    public bool GivesBoxesPolygons { get; private init; }

    /// <summary>What else is known of an object (<c>score</c>, <c>attributes</c>) is kept as members COCO does not know.</summary>
    public bool KeepsAttributes { get; private init; }

    /// <summary>The categories, in the order of their ids from 1; what is found besides comes after them.</summary>
    public IReadOnlyList<CocoCategory> Categories { get; private init; } = [];

    /// <summary><c>info</c>, its members as given; undefined for none.</summary>
    public JsonElement Info { get; private init; }

    /// <summary><c>licenses</c>, as given; undefined for none.</summary>
    public JsonElement Licenses { get; private init; }

    /// <summary>Reads options that <see cref="CocoOptionsValidation"/> found nothing wrong with; undefined for the defaults.</summary>
    public static CocoOptions Read(JsonElement given)
    {
        var plain = new CocoOptions();
        return given.ValueKind != JsonValueKind.Object ? plain : new CocoOptions
        {
            Image = Text(given, "image") ?? plain.Image,
            Width = Text(given, "width") ?? plain.Width,
            Height = Text(given, "height") ?? plain.Height,
            Annotations = Text(given, "annotations") ?? plain.Annotations,
            ShownBy = Text(given, "to_name"),
            TakesAllAnnotators = string.Equals(Text(given, "annotators"), "all", StringComparison.Ordinal),
            GivesBoxesPolygons = Flag(given, "box_polygons"),
            KeepsAttributes = Flag(given, "attributes"),
            Categories = given.Given("categories") is { } categories ? [.. categories.EnumerateArray().Select(CocoCategory.Read)] : [],
            Info = given.Given("info") ?? default,
            Licenses = given.Given("licenses") ?? default,
        };
    }

    private static string? Text(JsonElement given, string name) => given.Given(name)?.GetString();

    private static bool Flag(JsonElement given, string name) => given.Given(name)?.GetBoolean() ?? false;
}
