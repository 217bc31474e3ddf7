using System.Runtime.InteropServices;
using System.Text.Json;
using DataSync.Export.Coco.Shapes;
using DataSync.Export.Records;

namespace DataSync.Export.Coco.Regions;

/// <summary>Reads what may be missing or of another kind: undefined and null for all of it, never a failure.</summary>
internal static class JsonPaths
{
    /// <summary>The value at a path with dots between its members; undefined where there is none.</summary>
    public static JsonElement At(this JsonElement element, string path)
    {
        if (element.ValueKind == JsonValueKind.Object && element.TryGetProperty(path, out var whole)) return whole;
        foreach (var name in path.Split('.'))
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out element)) return default;
        }

        return element;
    }

    /// <summary>
    /// The value at a path of a record as it is exported. A path that begins with the name of a member that the export adds means that one, under whatever name the record left it;
    /// the record's own member of that name stands behind a <c>\</c>, as in columns.
    /// </summary>
    public static JsonElement At(this JsonElement record, string path, IReadOnlyList<AddedMember> added)
    {
        if (AddedMember.MeantBy(path, added) is { } member) return Behind(record.Meant(member).Added, path[member.Name.Length..]);
        if (AddedMember.PassedBy(path, added) is { } passedBy) return Behind(record.Meant(passedBy).Own, path[(passedBy.Name.Length + 1)..]);
        var own = record.At(path);
        return own.ValueKind == JsonValueKind.Undefined && path.StartsWith(@"\_", StringComparison.Ordinal) ? record.At(path[1..]) : own;
    }

    private static JsonElement Behind(JsonElement member, string rest) => rest.Length == 0 ? member : member.At(rest[1..]);

    /// <summary>The member that was added, which is the last that may be called so, and the record's own of its name, which stands before it.</summary>
    private static (JsonElement Added, JsonElement Own) Meant(this JsonElement record, AddedMember member)
    {
        JsonElement last = default, named = default, own = default;
        if (record.ValueKind != JsonValueKind.Object) return default;
        foreach (var one in record.EnumerateObject())
        {
            var isNamed = one.NameEquals(member.Name);
            if (!isNamed && !member.MayBe(JsonMarshal.GetRawUtf8PropertyName(one))) continue;
            (last, own) = (one.Value, named);
            if (isNamed) named = one.Value;
        }

        return (last, own);
    }

    /// <summary>A number, also where it is written as text; null else.</summary>
    public static double? Number(this JsonElement element)
        => element.ValueKind == JsonValueKind.Number && element.TryGetDouble(out var number) && double.IsFinite(number) ? number : null;

    /// <summary>Pixels of an image's side; 0 where it is none.</summary>
    public static int Pixels(this JsonElement element)
        => element.Number() is { } number && number is >= 1 and <= int.MaxValue && number == Math.Floor(number) ? (int)number : 0;

    /// <summary>Whether one of Label Studio's results may be of the record's image: annotators may be shown a list of images, of which the first is the record's, and several tags with one each.</summary>
    public static bool IsOfImage(this JsonElement result, string? shownBy)
        => (result.At("item_index").Number() ?? 0) == 0 && (shownBy is null || string.Equals(result.At("to_name").Text(), shownBy, StringComparison.Ordinal));

    /// <summary>The size of the image that one of Label Studio's results was drawn on; unknown where it does not say.</summary>
    public static ImageSize DrawnOn(this JsonElement result) => new(result.At("original_width").Pixels(), result.At("original_height").Pixels());

    /// <summary>Numbers, all of them; null where there is anything else, or nothing.</summary>
    public static double[]? Numbers(this JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Array || element.GetArrayLength() == 0) return null;
        var numbers = new double[element.GetArrayLength()];
        for (var i = 0; i < numbers.Length; i++)
        {
            if (element[i].Number() is not { } number) return null;
            numbers[i] = number;
        }

        return numbers;
    }

    /// <summary>Texts, all of them; empty where there is anything else.</summary>
    public static IReadOnlyList<string> Texts(this JsonElement element)
        => element.ValueKind == JsonValueKind.Array && element.EnumerateArray().All(t => t.ValueKind == JsonValueKind.String) ? [.. element.EnumerateArray().Select(t => t.GetString()!)] : [];

    public static string? Text(this JsonElement element) => element.ValueKind == JsonValueKind.String ? element.GetString() : null;

    public static IEnumerable<JsonElement> Items(this JsonElement element) => element.ValueKind == JsonValueKind.Array ? element.EnumerateArray() : [];

    /// <summary>Label Studio's results, whether they stand by themselves or in annotations.</summary>
    public static IEnumerable<JsonElement> Results(this IEnumerable<JsonElement> annotations)
        => annotations.SelectMany(a => a.At("result") is { ValueKind: JsonValueKind.Array } results ? results.EnumerateArray() : a.IsResult() ? [a] : Enumerable.Empty<JsonElement>());

    /// <summary>One of Label Studio's results: of a control by its name, or a relation between two others.</summary>
    public static bool IsResult(this JsonElement item)
        => item.At("type").Text() is { } type && (item.At("from_name").ValueKind == JsonValueKind.String || (string.Equals(type, "relation", StringComparison.Ordinal) && item.At("from_id").ValueKind == JsonValueKind.String));
}
