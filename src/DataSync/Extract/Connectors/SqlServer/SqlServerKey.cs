using System.Text;
using System.Text.Json;

namespace DataSync.Extract.Connectors.SqlServer;

/// <summary>The key of a table being read, and the token of its last record.</summary>
internal sealed class SqlServerKey(SqlServerTable table, IReadOnlyList<string> members)
{
    /// <summary>
    /// The token of a record, read from its document: so that rows cost nothing. Empty where the record was refused for its key's value.
    /// </summary>
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
                JsonTokenType.String => reader.GetString(),
                JsonTokenType.Number => Encoding.UTF8.GetString(reader.ValueSpan),
                JsonTokenType.True => "1",
                JsonTokenType.False => "0",
                _ => null,
            };
            reader.Skip();
        }

        if (Array.Exists(found, v => v is null)) return [];
        var types = table.KeyTypes;
        return new ResumeToken(table.QuotedName, [.. found.Select((v, i) => new KeyValue(table.Key[i].Name, types[i], v!))]).ToJson();
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
