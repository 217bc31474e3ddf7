using System.Text;
using System.Text.Json;
using DataSync.Export.Records;

namespace DataSync.Export.Splits;

/// <summary>Finds the value of a record that decides on which side of a split it is.</summary>
/// <param name="path">Names with <c>.</c> between them; a <c>.</c> or <c>\</c> within a name is written <c>\.</c> and <c>\\</c>.</param>
internal sealed class SplitKey(string path)
{
    private readonly byte[][] _names = [.. NamesOf(path).Select(Encoding.UTF8.GetBytes)];
    private byte[] _text = [];

    /// <summary>The value: text without its escapes, anything else as it stands; empty where there is none or null, and for a record that is no object. Valid until the next call.</summary>
    public ReadOnlySpan<byte> Find(ReadOnlySpan<byte> document)
    {
        var reader = new Utf8JsonReader(document, isFinalBlock: true, new JsonReaderState(JsonMembers.AnyDepth));
        reader.Read();
        foreach (var name in _names)
        {
            if (reader.TokenType != JsonTokenType.StartObject || !Enter(ref reader, name)) return default;
        }

        if (reader.TokenType == JsonTokenType.Null) return default;
        if (reader.TokenType == JsonTokenType.String) return reader.ValueIsEscaped ? Unescape(reader.ValueSpan) : reader.ValueSpan;
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return document[start..(int)reader.BytesConsumed];
    }

    /// <summary>Goes to the value of the first member of this name.</summary>
    private bool Enter(ref Utf8JsonReader reader, byte[] name)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isIt = (reader.ValueIsEscaped ? Unescape(reader.ValueSpan) : reader.ValueSpan).SequenceEqual(name);
            reader.Read();
            if (isIt) return true;
            reader.Skip();
        }

        return false;
    }

    private ReadOnlySpan<byte> Unescape(ReadOnlySpan<byte> escaped)
    {
        if (_text.Length < escaped.Length) _text = new byte[Math.Max(escaped.Length, 256)];
        return _text.AsSpan(0, JsonText.Unescape(escaped, _text));
    }

    private static List<string> NamesOf(string path)
    {
        List<string> names = [];
        var name = new StringBuilder();
        for (var i = 0; i < path.Length; i++)
        {
            if (path[i] == '\\' && i + 1 < path.Length)
            {
                name.Append(path[++i]);
            }
            else if (path[i] == '.')
            {
                names.Add(name.ToString());
                name.Clear();
            }
            else
            {
                name.Append(path[i]);
            }
        }

        names.Add(name.ToString());
        return names;
    }
}
