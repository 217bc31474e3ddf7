using System.Text.Json;
using DataSync.Extract.Connectors.Postgres.Wire;
using DataSync.Pipeline;

namespace DataSync.Extract.Connectors.Postgres;

/// <summary>The key of a read that can be resumed: makes the token that stands for a row.</summary>
internal sealed class PostgresKey
{
    private readonly PostgresTable _table;
    private readonly (int Ordinal, WireFormat Format)[] _columns;

    private PostgresKey(PostgresTable table, (int Ordinal, WireFormat Format)[] columns) => (_table, _columns) = (table, columns);

    /// <summary>The key of a table; null where it has none, or one of a type whose text does not lead back to the value.</summary>
    public static PostgresKey? Of(PostgresTable table, RowColumn[] columns)
    {
        if (table.KeyColumns.Count == 0) return null;
        var key = table.KeyColumns.Select(name => Array.FindIndex(columns, c => string.Equals(c.Name, name, StringComparison.Ordinal))).ToArray();
        return Array.Exists(key, i => i < 0 || columns[i].Wire.Format is ArrayFormat or CompositeFormat or JsonFormat or JsonbFormat)
            ? null
            : new PostgresKey(table, [.. key.Select(i => (i, columns[i].Wire.Format))]);
    }

    /// <summary>The token of a row, empty where one of its values has no text the server reads back.</summary>
    public byte[] Token(RowLayout row)
    {
        var values = new KeyValue[_columns.Length];
        for (var i = 0; i < _columns.Length; i++)
        {
            if (Text(_columns[i].Format, row.Field(_columns[i].Ordinal)) is not { } text) return [];
            values[i] = new KeyValue(_table.KeyColumns[i], _table.KeyTypes[i], text);
        }

        return new ResumeToken(_table.QuotedName, values).ToJson();
    }

    private static string? Text(WireFormat format, ReadOnlySpan<byte> wire)
    {
        if (format is ByteaFormat) return $"\\x{Convert.ToHexString(wire)}";
        using var buffer = new RecordBuffer();
        format.Write(wire, buffer);
        buffer.EndRecord();
        var reader = new Utf8JsonReader(buffer[0]);
        reader.Read();
        var text = reader.TokenType == JsonTokenType.String ? reader.GetString()! : System.Text.Encoding.UTF8.GetString(buffer[0]);

        // years outside 0000 to 9999 are written as the server does not read them
        return format is DateFormat or TimestampFormat && text[0] is ('+' or '-') && !text.EndsWith("infinity", StringComparison.Ordinal) ? null : text;
    }
}
