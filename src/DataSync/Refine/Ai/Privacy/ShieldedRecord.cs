using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace DataSync.Refine.Ai.Privacy;

/// <summary>A record as the model gets it: the members asked for, with placeholders for personal data, as one line of JSON. Knows how to bring an answer's values back.</summary>
internal sealed class ShieldedRecord
{
    /// <summary>What is longer is cut by its own provider or costs more than it is worth; such a record is not sent.</summary>
    public const int MostBytes = 256 * 1024;

    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = 256 };
    private static readonly JsonDocumentOptions Depth = new() { MaxDepth = 256 };
    private readonly Placeholders _placeholders;
    private readonly List<string> _values = [];
    private string? _own;

    private ShieldedRecord(IEnumerable<string> secrets) => _placeholders = new Placeholders(RepeatedSecrets.Of(secrets));

    /// <summary>One line of JSON.</summary>
    public string Text { get; private set; } = "";

    /// <summary>Whether there is anything to look at.</summary>
    public bool IsEmpty => _values.Count == 0;

    /// <summary>Values that have a placeholder.</summary>
    public int Hidden => _placeholders.Count;

    /// <summary>Reads a document. Throws <see cref="JsonException"/> where it is none that can be read.</summary>
    /// <param name="document">The record.</param>
    /// <param name="fields">The members that are sent; null for all.</param>
    public static ShieldedRecord Of(ReadOnlySpan<byte> document, IReadOnlyList<string>? fields)
    {
        var root = JsonElement.Parse(document, Depth);
        var known = CredentialValues.In(root);
        var record = Of(root, fields, known);

        // What only its surroundings give away in one text may stand bare in another, before it or behind it.
        string[] found = [.. record._placeholders.Secrets.Where(s => s.Length >= RepeatedSecrets.Shortest && PersonalData.IsRandom(s) && !known.Contains(s))];
        return found.Length == 0 ? record : Of(root, fields, [.. known, .. found]);
    }

    private static ShieldedRecord Of(JsonElement root, IReadOnlyList<string>? fields, IEnumerable<string> secrets)
    {
        var record = new ShieldedRecord(secrets);
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var json = new Utf8JsonWriter(buffer, Readable)) record.Write(root, fields, json, Secrecy.None);
        record.Text = Encoding.UTF8.GetString(buffer.WrittenSpan);
        return record;
    }

    /// <summary>Whether a number was taken out that an answer may have to name.</summary>
    public bool HasTakenNumbers => _placeholders.HasNumbers;

    /// <summary>Whether a text stands in the data, in one value, exactly so: in the data as it was, so that a piece of a placeholder does not.</summary>
    /// <param name="text">A text of an answer.</param>
    public bool Contains(string text)
    {
        var words = _placeholders.Restore(text);
        return _values.Exists(v => v.Contains(words, StringComparison.Ordinal));
    }

    /// <summary>The number that a placeholder stands for; null where the text is none, or stands for something else.</summary>
    public string? TakenNumber(string text) => _placeholders.NumberOf(text);

    /// <summary>What a text of an answer has of this record's placeholders, but not as they were given.</summary>
    public IEnumerable<string> MangledIn(string text)
        => _placeholders.Count == 0 ? [] : MangledPlaceholders.In(_placeholders.Without(text), _own ??= _placeholders.Without(Text), _placeholders.Has);

    /// <summary>The first placeholder of a text that stands for nothing; null where there is none.</summary>
    public string? UnknownPlaceholder(string text) => _placeholders.Unknown(text);

    /// <summary>Writes a value of an answer with what its placeholders stand for.</summary>
    public void Restore(JsonElement value, Utf8JsonWriter json)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                json.WriteStringValue(_placeholders.Restore(value.GetString()!));
                break;
            case JsonValueKind.Array:
                json.WriteStartArray();
                foreach (var item in value.EnumerateArray()) Restore(item, json);
                json.WriteEndArray();
                break;
            case JsonValueKind.Object:
                json.WriteStartObject();
                foreach (var member in value.EnumerateObject())
                {
                    json.WritePropertyName(member.Name);
                    Restore(member.Value, json);
                }

                json.WriteEndObject();
                break;
            default:
                value.WriteTo(json);
                break;
        }
    }

    private void Write(JsonElement value, IReadOnlyList<string>? fields, Utf8JsonWriter json, Secrecy secrecy)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                var text = CredentialValues.TextOf(value);
                json.WriteStringValue(Hide(text, CredentialValues.IsWhole(text, secrecy)));
                break;
            case JsonValueKind.Number:
                var number = value.GetRawText();
                var hidden = Hide(number, secrecy == Secrecy.Credential || _placeholders.Repeats(number));
                if (hidden == number) json.WriteRawValue(number);
                else json.WriteStringValue(hidden);
                break;
            case JsonValueKind.Array:
                json.WriteStartArray();
                foreach (var item in value.EnumerateArray()) Write(item, null, json, secrecy);
                json.WriteEndArray();
                break;
            case JsonValueKind.Object:
                json.WriteStartObject();
                foreach (var member in value.EnumerateObject().Where(m => fields is null || fields.Contains(m.Name, StringComparer.Ordinal)))
                {
                    // Names can be data as well, where data is used as names.
                    json.WritePropertyName(_placeholders.Hide(member.Name));
                    Write(member.Value, null, json, CredentialValues.Of(member, value, secrecy));
                }

                json.WriteEndObject();
                break;
            default:
                value.WriteTo(json);
                break;
        }
    }

    private string Hide(string text, bool whole)
    {
        var hidden = whole && text.Length > 0 ? _placeholders.HideWhole(text) : _placeholders.Hide(text);
        if (text.Length > 0) _values.Add(text);
        return hidden;
    }
}
