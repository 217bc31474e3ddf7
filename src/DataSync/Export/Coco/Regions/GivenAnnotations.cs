using System.Text;
using System.Text.Json;

namespace DataSync.Export.Coco.Regions;

/// <summary>What a record has at the path of its annotations: a list, one object alone, or either as JSON in a text, as columns of text hold it.</summary>
/// <param name="Items">The annotations or results.</param>
/// <param name="IsUnusable">There is something, and it is none of these.</param>
/// <param name="IsTorn">The text said half of a surrogate pair.</param>
internal sealed record GivenAnnotations(IReadOnlyList<JsonElement> Items, bool IsUnusable = false, bool IsTorn = false)
{
    private static readonly JsonDocumentOptions AnyDepth = new() { MaxDepth = int.MaxValue };

    /// <summary>Reads what is there. Nothing, null and a blank text are no annotations.</summary>
    public static GivenAnnotations Read(JsonElement given) => given.ValueKind switch
    {
        JsonValueKind.Array => new([.. given.EnumerateArray()]),
        JsonValueKind.Object => new([given]),
        JsonValueKind.Undefined or JsonValueKind.Null => new([]),
        JsonValueKind.String when string.IsNullOrWhiteSpace(given.GetString()) => new([]),
        JsonValueKind.String => OfText(given.GetString()!),
        _ => new([], IsUnusable: true),
    };

    private static GivenAnnotations OfText(string text)
    {
        try
        {
            var json = Encoding.UTF8.GetBytes(text);
            var mended = TornText.Mended(json);
            var value = JsonElement.Parse(mended ?? json, AnyDepth);
            return value.ValueKind == JsonValueKind.String ? new GivenAnnotations([], IsUnusable: true) : Read(value) with { IsTorn = mended is not null };
        }
        catch (JsonException)
        {
            return new GivenAnnotations([], IsUnusable: true);
        }
    }
}
