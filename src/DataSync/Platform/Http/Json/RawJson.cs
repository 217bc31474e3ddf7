using System.Text.Json;
using System.Text.Json.Serialization;

namespace DataSync.Platform.Http.Json;

/// <summary>JSON that goes into an answer as it is: the digits, escapes and order of a customer's data are not ours to change.</summary>
[JsonConverter(typeof(RawJsonConverter))]
internal sealed record RawJson(string Text);

internal sealed class RawJsonConverter : JsonConverter<RawJson>
{
    public override RawJson Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        => new(JsonElement.ParseValue(ref reader).GetRawText());

    // Validated when it was stored, and by PostgreSQL's json; its depth may be more than a writer's usual limit.
    public override void Write(Utf8JsonWriter writer, RawJson value, JsonSerializerOptions options) => writer.WriteRawValue(value.Text, skipInputValidation: true);
}
