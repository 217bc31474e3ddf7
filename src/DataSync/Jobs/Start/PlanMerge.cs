using System.Buffers;
using System.Text.Json;

namespace DataSync.Jobs.Start;

/// <summary>Lays a Start over a source: member by member, <c>extraction_params</c> one level deeper.</summary>
internal static class PlanMerge
{
    private const string Extraction = "extraction_params";

    /// <param name="sourceExtraction">The source's <c>extraction_params</c>.</param>
    /// <param name="sourceSync">The source's <c>sync</c> section.</param>
    /// <param name="start">The Start's members.</param>
    /// <summary>The whole plan as one object.</summary>
    public static JsonElement Merge(JsonElement sourceExtraction, JsonElement sourceSync, IReadOnlyDictionary<string, JsonElement> start)
    {
        var merged = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        if (sourceSync.ValueKind == JsonValueKind.Object)
        {
            foreach (var member in sourceSync.EnumerateObject()) merged[member.Name] = member.Value;
        }

        foreach (var (name, value) in start) merged[name] = value;
        var extraction = sourceExtraction;
        if (sourceSync.ValueKind == JsonValueKind.Object && sourceSync.TryGetProperty(Extraction, out var own)) extraction = Overlay(extraction, own);
        if (start.TryGetValue(Extraction, out var given)) extraction = Overlay(extraction, given);
        merged[Extraction] = extraction;
        return ToElement(merged);
    }

    /// <summary>A given query takes the place of a stored table and the other way round: they are one choice.</summary>
    private static JsonElement Overlay(JsonElement below, JsonElement above)
    {
        if (above.ValueKind != JsonValueKind.Object || below.ValueKind != JsonValueKind.Object) return above;
        var members = below.EnumerateObject().ToDictionary(m => m.Name, m => m.Value, StringComparer.Ordinal);
        if (above.TryGetProperty("query", out _) || above.TryGetProperty("table", out _))
        {
            members.Remove("query");
            members.Remove("table");
        }

        foreach (var member in above.EnumerateObject()) members[member.Name] = member.Value;
        return ToElement(members);
    }

    private static JsonElement ToElement(Dictionary<string, JsonElement> members)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { MaxDepth = 128 }))
        {
            json.WriteStartObject();
            foreach (var (name, value) in members)
            {
                json.WritePropertyName(name);
                value.WriteTo(json);
            }

            json.WriteEndObject();
        }

        return JsonElement.Parse(buffer.WrittenSpan, new JsonDocumentOptions { MaxDepth = 128 });
    }
}
