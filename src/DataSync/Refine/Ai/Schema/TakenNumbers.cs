using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using DataSync.Refine.Ai.Privacy;

namespace DataSync.Refine.Ai.Schema;

/// <summary>
/// Brings numbers back that were taken out of a record, where a tenant's schema asks for a number and the model named its placeholder: before types and bounds are checked, so that an order's number that looks like
/// a card's stays hidden and can be answered all the same.
/// </summary>
internal static class TakenNumbers
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The answer with them; it is the same where there are none.</summary>
    public static JsonElement Restore(JsonElement answer, JsonElement schema, ShieldedRecord data)
    {
        if (!data.HasTakenNumbers || !answer.TryGetProperty(AiTasks.Fields, out var fields) || fields.ValueKind != JsonValueKind.Object) return answer;
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, Plain))
        {
            json.WriteStartObject();
            foreach (var task in answer.EnumerateObject())
            {
                if (task.NameEquals(AiTasks.Fields)) WriteFields(fields, schema, data, json);
                else task.WriteTo(json);
            }

            json.WriteEndObject();
        }

        return JsonElement.Parse(buffer.WrittenSpan);
    }

    private static void WriteFields(JsonElement fields, JsonElement schema, ShieldedRecord data, Utf8JsonWriter json)
    {
        json.WriteStartObject(AiTasks.Fields);
        foreach (var member in fields.EnumerateObject())
        {
            json.WritePropertyName(member.Name);
            if (member.NameEquals("value")) Write(member.Value, schema, data, json);
            else member.Value.WriteTo(json);
        }

        json.WriteEndObject();
    }

    private static void Write(JsonElement value, JsonElement schema, ShieldedRecord data, Utf8JsonWriter json)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String when IsNumber(schema) && data.TakenNumber(value.GetString()!) is { } number:
                json.WriteRawValue(number);
                break;
            case JsonValueKind.Array when schema.TryGetProperty("items", out var items):
                json.WriteStartArray();
                foreach (var item in value.EnumerateArray()) Write(item, items, data, json);
                json.WriteEndArray();
                break;
            case JsonValueKind.Object when schema.TryGetProperty("properties", out var properties):
                json.WriteStartObject();
                foreach (var member in value.EnumerateObject())
                {
                    json.WritePropertyName(member.Name);
                    if (properties.TryGetProperty(member.Name, out var property)) Write(member.Value, property, data, json);
                    else member.Value.WriteTo(json);
                }

                json.WriteEndObject();
                break;
            default:
                value.WriteTo(json);
                break;
        }
    }

    private static bool IsNumber(JsonElement schema) => CustomSchema.TypesOf(schema).Any(t => t is "number" or "integer");
}
