using System.Text;
using System.Text.Json;

namespace DataSync.Extract.Connectors;

/// <summary>The key of a table being read, and the token of its last record, read from the record's document: so that rows cost nothing.</summary>
/// <param name="table">The table's name, quoted.</param>
/// <param name="columns">The key's columns with their types, in order.</param>
/// <param name="members">Names of the members that hold them.</param>
/// <param name="spell">Writes a text as the server reads it back, by the column's place; null where it reads what the document says.</param>
internal sealed class DocumentKey(string table, IReadOnlyList<(string Name, string Type)> columns, IReadOnlyList<string> members, Func<int, string, string>? spell = null)
{
    /// <summary>The token of a record. Empty where the record was refused for its key's value.</summary>
    /// <param name="document">The last document of a batch.</param>
    public byte[] Token(ReadOnlySpan<byte> document)
    {
        var found = new string?[members.Count];
        var reader = new Utf8JsonReader(document, new JsonReaderOptions { MaxDepth = int.MaxValue });
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var at = Place(ref reader);
            reader.Read();
            if (at >= 0) found[at] = reader.TokenType switch
            {
                JsonTokenType.String when spell is not null => spell(at, reader.GetString()!),
                JsonTokenType.String => reader.GetString(),
                JsonTokenType.Number => Encoding.UTF8.GetString(reader.ValueSpan),
                JsonTokenType.True => "1",
                JsonTokenType.False => "0",
                _ => null,
            };
            reader.Skip();
        }

        return Array.Exists(found, v => v is null) ? [] : new ResumeToken(table, [.. found.Select((v, i) => new KeyValue(columns[i].Name, columns[i].Type, v!))]).ToJson();
    }

    private int Place(ref Utf8JsonReader reader)
    {
        for (var i = 0; i < members.Count; i++)
        {
            if (reader.ValueTextEquals(members[i])) return i;
        }

        return -1;
    }
}
