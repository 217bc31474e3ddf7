using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace DataSync.Extract.Json.Jmes;

/// <summary>
/// A value of an expression: an element of the document, which keeps its bytes and is never copied, or a list or object that the expression made of such values.
/// What is not there is undefined, which JMESPath calls null; both count as null everywhere, but a caller can tell them apart.
/// </summary>
internal readonly struct JmesValue
{
    public static readonly JmesValue True = new(JsonElement.Parse("true")), False = new(JsonElement.Parse("false")), Null = new(JsonElement.Parse("null"));

    private readonly JsonElement _element;
    private readonly object? _made;

    public JmesValue(JsonElement element) => _element = element;

    public JmesValue(List<JmesValue> list) => _made = list;

    public JmesValue(KeyValuePair<string, JmesValue>[] members) => _made = members;

    public JsonValueKind Kind => _made switch { null => _element.ValueKind, List<JmesValue> => JsonValueKind.Array, _ => JsonValueKind.Object };

    public bool IsNull => Kind is JsonValueKind.Null or JsonValueKind.Undefined;

    /// <summary>True for a list or object of the expression's own making.</summary>
    public bool IsMade => _made is not null;

    /// <summary>The element of the document; undefined where the value was made.</summary>
    public JsonElement Element => _element;

    public int Length => _made switch
    {
        List<JmesValue> list => list.Count,
        KeyValuePair<string, JmesValue>[] members => members.Length,
        _ => Kind == JsonValueKind.Array ? _element.GetArrayLength() : _element.GetPropertyCount(),
    };

    /// <summary>What JMESPath takes for true: anything but null, false and what is empty.</summary>
    public bool IsTrue => Kind switch
    {
        JsonValueKind.Null or JsonValueKind.Undefined or JsonValueKind.False => false,
        JsonValueKind.String => !_element.ValueEquals(""),
        JsonValueKind.Array or JsonValueKind.Object => Length > 0,
        _ => true,
    };

    public static JmesValue Of(bool value) => value ? True : False;

    public static JmesValue Of(string text) => new(JsonElement.Parse(JsonText.Quoted(Encoding.UTF8.GetBytes(text))));

    /// <summary>A list's elements; none of anything else.</summary>
    public IEnumerable<JmesValue> Elements() => _made switch
    {
        List<JmesValue> list => list,
        null when _element.ValueKind == JsonValueKind.Array => _element.EnumerateArray().Select(e => new JmesValue(e)),
        _ => [],
    };

    /// <summary>An object's members; none of anything else.</summary>
    public IEnumerable<KeyValuePair<string, JmesValue>> Members() => _made switch
    {
        KeyValuePair<string, JmesValue>[] members => members,
        null when _element.ValueKind == JsonValueKind.Object => _element.EnumerateObject().Select(m => KeyValuePair.Create(m.Name, new JmesValue(m.Value))),
        _ => [],
    };

    /// <summary>An object's member, or undefined.</summary>
    public JmesValue Member(string name)
    {
        if (_made is KeyValuePair<string, JmesValue>[] members) return Array.FindLast(members, m => string.Equals(m.Key, name, StringComparison.Ordinal)).Value;
        return _made is null && _element.ValueKind == JsonValueKind.Object && _element.TryGetProperty(name, out var member) ? new JmesValue(member) : default;
    }

    /// <summary>A list's element, from its end where the index is negative, or undefined.</summary>
    public JmesValue At(long index)
    {
        if (Kind != JsonValueKind.Array) return default;
        var place = index < 0 ? Length + index : index;
        if (place < 0 || place >= Length) return default;
        return _made is List<JmesValue> list ? list[(int)place] : new JmesValue(_element[(int)place]);
    }

    /// <summary>The text of a string.</summary>
    public string Text() => _element.GetString()!;

    /// <summary>A number as it stands in the document.</summary>
    public ReadOnlySpan<byte> Digits() => JsonMarshal.GetRawUtf8Value(_element);
}
