using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace DataSync.Export.Coco;

/// <summary>
/// <c>coco-report.json</c>: what came in against what went out. <c>items_in</c> = those not exported, those made one with another, and <c>annotations</c> less those that
/// one item made more of; a test holds this sum.
/// </summary>
internal sealed class CocoReport
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
        NewLine = "\n",
    };

    private readonly SortedDictionary<string, Reason> _reasons = new(StringComparer.Ordinal);

    /// <summary>Records exported, each an image.</summary>
    public long Images { get; set; }

    /// <summary>Images without any annotation.</summary>
    public long ImagesWithoutAnnotations { get; set; }

    /// <summary>Images whose size neither the record nor a result says; they are written without.</summary>
    public long ImagesWithoutSize { get; set; }

    /// <summary>Records that name no image; they are written with an empty name.</summary>
    public long ImagesWithoutName { get; set; }

    /// <summary>Images of whose texts one said half of a surrogate pair; U+FFFD is written for it.</summary>
    public long ImagesWithTornText { get; set; }

    /// <summary>Annotations, results and keypoints that records carried; what should be annotations and is not counts as one.</summary>
    public long ItemsIn { get; set; }

    /// <summary>Annotations written.</summary>
    public long Annotations { get; set; }

    /// <summary>What items with several labels make beyond one: an annotation of each label, or a keypoint of each.</summary>
    public long FromFurtherLabels { get; set; }

    /// <summary>Items that are part of another's annotation: keypoints of one object, labels of a region.</summary>
    public long PartOfAnother { get; set; }

    /// <summary>Annotations of which something lay outside the image and was cut off.</summary>
    public long Clipped { get; set; }

    /// <summary>What was not exported, by reason.</summary>
    public IReadOnlyDictionary<string, Reason> NotExported => _reasons;

    /// <summary>Notes an item that becomes no annotation.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="image">The image's id.</param>
    public void Refuse(string reason, long image)
    {
        if (_reasons.TryGetValue(reason, out var known)) known.Items++;
        else _reasons.Add(reason, new Reason(image) { Items = 1 });
    }

    public byte[] ToUtf8() => JsonSerializer.SerializeToUtf8Bytes(this, Json);

    /// <summary>How often, and where first.</summary>
    /// <param name="firstImage">Id of the first image it happened in.</param>
    internal sealed class Reason(long firstImage)
    {
        public long Items { get; set; }

        [JsonPropertyOrder(1)]
        public long FirstImageId { get; } = firstImage;
    }
}

/// <summary>Why an item becomes no annotation.</summary>
internal static class NotExported
{
    /// <summary>Percent of an image whose size nobody says.</summary>
    public const string NoSize = "no_image_size";

    /// <summary>No label or category.</summary>
    public const string NoLabel = "no_label";

    /// <summary>It covers nothing, or lies outside the image.</summary>
    public const string Empty = "covers_nothing";

    /// <summary>What should be numbers, points or a mask is not.</summary>
    public const string Broken = "broken";

    /// <summary>A choice, a text, a relation: something about the image, and no object in it.</summary>
    public const string NoObject = "not_an_object";

    /// <summary>Somebody else's annotation of the image was taken.</summary>
    public const string OtherAnnotator = "other_annotator";

    /// <summary>The annotator skipped the image.</summary>
    public const string Skipped = "skipped";

    /// <summary>It was drawn on another of the images that the annotators were shown, or on one of several and nobody says which of them is the record's.</summary>
    public const string OtherImage = "other_image";

    /// <summary>
    /// It was drawn on the image on its side: the record's width and height are the other way round, as of a photo that says in its file how it is to be turned, which browsers do and others do
    /// not. Nobody can tell which way.
    /// </summary>
    public const string Turned = "image_turned";

    /// <summary>A shape in the image of a kind that is not converted, such as a bitmap.</summary>
    public const string UnknownShape = "unknown_shape";

    /// <summary>A keypoint that no category of the options has.</summary>
    public const string UnknownKeypoint = "unknown_keypoint";
}
