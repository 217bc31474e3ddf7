using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using DataSync.Privacy.Subjects.Finding;

namespace DataSync.Privacy.Subjects.Stores;

/// <summary>Takes a subject out of what a job tells of itself: every value about the subject becomes three asterisks, the rest stays as it is.</summary>
internal static class Redaction
{
    private const string Gone = "***";

    /// <summary>Writes nodes as their values' own text.</summary>
    public static readonly JsonSerializerOptions Exact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = 1000 };

    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true, MaxDepth = 1000 };

    /// <summary>The text without the subject: JSON stays JSON, and a text without it stays the same.</summary>
    public static string Of(string text, SubjectMatch match)
    {
        JsonElement root;
        try
        {
            root = JsonElement.Parse(text, new JsonDocumentOptions { MaxDepth = 1000 });
        }
        catch (JsonException)
        {
            return match.Says(text) ? Gone : text;
        }

        if (!Holds(root, match)) return text;
        var buffer = new ArrayBufferWriter<byte>(text.Length);
        using (var json = new Utf8JsonWriter(buffer, Writing)) Write(root, match, json);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static bool Holds(JsonElement value, SubjectMatch match) => value.ValueKind switch
    {
        JsonValueKind.Object => value.EnumerateObject().Any(m => match.Says(m.Name) || Holds(m.Value, match)),
        JsonValueKind.Array => value.EnumerateArray().Any(i => Holds(i, match)),
        JsonValueKind.String => match.Says(value.GetString()),
        _ => false,
    };

    private static void Write(JsonElement value, SubjectMatch match, Utf8JsonWriter json)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                json.WriteStartObject();
                foreach (var member in value.EnumerateObject())
                {
                    json.WritePropertyName(match.Says(member.Name) ? Gone : member.Name);
                    Write(member.Value, match, json);
                }

                json.WriteEndObject();
                break;
            case JsonValueKind.Array:
                json.WriteStartArray();
                foreach (var item in value.EnumerateArray()) Write(item, match, json);
                json.WriteEndArray();
                break;
            case JsonValueKind.String when match.Says(value.GetString()):
                json.WriteStringValue(Gone);
                break;
            default:
                json.WriteRawValue(value.GetRawText(), skipInputValidation: true);
                break;
        }
    }
}
