using System.Text.Json;
using DataSync.Extract.Json;
using DataSync.Pipeline;

namespace DataSync.Extract.Connectors.MySql;

/// <summary>Writes the server's own texts of values as JSON.</summary>
internal static class ServerText
{
    /// <summary>A number without the zeros that ZEROFILL puts before it.</summary>
    public static void WriteNumber(ReadOnlySpan<byte> text, RecordBuffer to)
    {
        if (text.Length > 0 && text[0] == (byte)'-')
        {
            JsonText.WriteRaw("-"u8, to);
            text = text[1..];
        }

        while (text.Length > 1 && text[0] == (byte)'0' && text[1] != (byte)'.') text = text[1..];
        JsonText.WriteRaw(text, to);
    }

    /// <summary>A text of digits and signs alone.</summary>
    public static void WriteQuoted(ReadOnlySpan<byte> text, RecordBuffer to)
    {
        var room = to.GetSpan(text.Length + 2);
        room[0] = (byte)'"';
        text.CopyTo(room[1..]);
        room[text.Length + 1] = (byte)'"';
        to.Advance(text.Length + 2);
    }

    /// <summary><c>2024-01-02 03:04:05.120000</c> as ISO 8601.</summary>
    public static void WriteDateTime(ReadOnlySpan<byte> text, bool utc, RecordBuffer to)
    {
        text = Trimmed(text);
        var room = to.GetSpan(text.Length + 3);
        room[0] = (byte)'"';
        text.CopyTo(room[1..]);
        var at = text.IndexOf((byte)' ');
        if (at >= 0) room[at + 1] = (byte)'T';
        var end = text.Length + 1;
        if (utc) room[end++] = (byte)'Z';
        room[end++] = (byte)'"';
        to.Advance(end);
    }

    public static void WriteTime(ReadOnlySpan<byte> text, RecordBuffer to) => WriteQuoted(Trimmed(text), to);

    /// <summary>JSON as it came, on one line. What MariaDB takes for JSON and nobody else does becomes a string.</summary>
    public static void WriteJson(ReadOnlySpan<byte> text, RecordBuffer to)
    {
        if (IsJson(text)) JsonText.WriteDocument(text, to);
        else JsonText.WriteString(text, to);
    }

    private static bool IsJson(ReadOnlySpan<byte> text)
    {
        var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = 1000 });
        try
        {
            while (reader.Read())
            {
                // to its end is what counts
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>Without the zeros a fraction ends with.</summary>
    private static ReadOnlySpan<byte> Trimmed(ReadOnlySpan<byte> text) => text.Contains((byte)'.') ? text.TrimEnd((byte)'0').TrimEnd((byte)'.') : text;
}
