using System.Text.Json;

namespace DataSync.Platform.Http.Errors;

/// <summary>Writes the values of a message's placeholders as plain JSON: numbers and truth values as such, everything else as text.</summary>
internal static class ProblemValues
{
    public static void Write(Utf8JsonWriter json, string name, IReadOnlyDictionary<string, object?>? values)
    {
        json.WriteStartObject(name);
        foreach (var (key, value) in values ?? new Dictionary<string, object?>())
        {
            json.WritePropertyName(key);
            Write(json, value);
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null: json.WriteNullValue(); break;
            case bool b: json.WriteBooleanValue(b); break;
            case int i: json.WriteNumberValue(i); break;
            case long l: json.WriteNumberValue(l); break;
            case decimal d: json.WriteNumberValue(d); break;
            case double d when double.IsFinite(d): json.WriteNumberValue(d); break;
            case DateTimeOffset time: json.WriteStringValue(time.UtcDateTime); break;
            case IEnumerable<string> list:
                json.WriteStartArray();
                foreach (var item in list) json.WriteStringValue(item);
                json.WriteEndArray();
                break;
            default: json.WriteStringValue(Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture)); break;
        }
    }
}
