using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace DataSync.Dev.Demo;

/// <summary>
/// A record as text that is equal exactly when the records are: members sorted, numbers as they were written. The same instant in two
/// time zones is the same value.
/// </summary>
static partial class CanonicalRecord
{
    /// <summary>Keeps the difference between a number, a text and a null.</summary>
    public static string Typed(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => '{' + string.Join(',', value.EnumerateObject().OrderBy(m => m.Name, StringComparer.Ordinal).Select(m => $"{JsonSerializer.Serialize(m.Name)}:{Typed(m.Value)}")) + '}',
        JsonValueKind.Array => '[' + string.Join(',', value.EnumerateArray().Select(Typed)) + ']',
        JsonValueKind.String => JsonSerializer.Serialize(Instant(value.GetString()!)),
        _ => value.GetRawText(),
    };

    /// <summary>
    /// As a line of CSV can hold it: nested objects flattened as <c>a.b</c>, arrays as JSON, every value a text. A null is left out: CSV has a
    /// column for what other records have, so null and absent are one; an empty text is neither.
    /// </summary>
    public static string Flat(JsonElement record) => Flat(Members("", record));

    /// <summary>The same for a record that was read from CSV.</summary>
    public static string Flat(IEnumerable<KeyValuePair<string, string?>> members)
        => string.Join(',', members.Where(m => m.Value is not null).OrderBy(m => m.Key, StringComparer.Ordinal)
            .Select(m => $"{JsonSerializer.Serialize(m.Key)}:{JsonSerializer.Serialize(Instant(Array(m.Value!)))}"));

    static IEnumerable<KeyValuePair<string, string?>> Members(string prefix, JsonElement record)
        => record.EnumerateObject().SelectMany(member => member.Value.ValueKind switch
        {
            JsonValueKind.Object => Members($"{prefix}{member.Name}.", member.Value),
            JsonValueKind.Null => [KeyValuePair.Create($"{prefix}{member.Name}", (string?)null)],
            JsonValueKind.String => [KeyValuePair.Create($"{prefix}{member.Name}", member.Value.GetString())],
            _ => [KeyValuePair.Create($"{prefix}{member.Name}", (string?)member.Value.GetRawText())],
        });

    // Text that is a JSON array, whatever its spaces and escapes: on both sides alike, so nothing else becomes equal by it.
    static string Array(string text)
    {
        if (text is not ['[', .., ']']) return text;
        try
        {
            using var document = JsonDocument.Parse(text);
            return Typed(document.RootElement);
        }
        catch (JsonException)
        {
            return text;
        }
    }

    static string Instant(string text)
        => InstantPattern().IsMatch(text) && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out var instant)
            ? instant.ToUniversalTime().ToString("O", CultureInfo.InvariantCulture)
            : text;

    // Six digits at most: more than PostgreSQL keeps would not survive the parsing.
    [GeneratedRegex(@"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d(:?\d\d)?)$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex InstantPattern();
}
