using System.Text;
using System.Text.Json;

namespace DataSync.Extract.Incremental;

/// <summary>Finds the cursor's value in a document: a member, or below members where the name has points in it.</summary>
internal sealed class CursorMember(string field)
{
    private static readonly JsonReaderOptions AnyDepth = new() { MaxDepth = int.MaxValue };
    private readonly byte[] _whole = Encoding.UTF8.GetBytes(field);
    private readonly byte[][] _path = [.. field.Split('.').Select(Encoding.UTF8.GetBytes)];

    /// <summary>The bytes of a string or number; empty where it is null, absent or anything else.</summary>
    public ReadOnlySpan<byte> Find(ReadOnlySpan<byte> document)
    {
        var found = Find(document, _whole);
        for (var i = 0; found.IsEmpty && _path.Length > 1 && i < _path.Length; i++)
        {
            var below = Find(document, _path[i]);
            if (i == _path.Length - 1) found = below;
            document = below;
        }

        return !found.IsEmpty && (found[0] is (byte)'"' or (byte)'-' || char.IsAsciiDigit((char)found[0])) ? found : default;
    }

    private static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> document, ReadOnlySpan<byte> name)
    {
        if (document.IsEmpty) return default;
        var json = new Utf8JsonReader(document, AnyDepth);
        if (!json.Read() || json.TokenType != JsonTokenType.StartObject) return default;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var isIt = IsNamed(ref json, name);
            json.Read();
            var start = (int)json.TokenStartIndex;
            json.Skip();
            if (isIt) return document[start..(int)json.BytesConsumed];
        }

        return default;
    }

    /// <summary>A name that is no Unicode is not the one looked for.</summary>
    private static bool IsNamed(ref Utf8JsonReader json, ReadOnlySpan<byte> name)
    {
        try
        {
            return json.ValueTextEquals(name);
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}
