using System.Buffers;
using System.Buffers.Text;
using DataSync.Pipeline;

namespace DataSync.Extract.Json;

/// <summary>
/// Writes JSON values into a record buffer from the bytes a database sent. Only what JSON demands is escaped, so text stays readable
/// and small; the input must be valid UTF-8, which the caller knows or checks.
/// </summary>
internal static class JsonText
{
    private const int Chunk = 4096;
    private static readonly SearchValues<byte> Special = SearchValues.Create([.. Enumerable.Range(0, 32).Select(i => (byte)i), (byte)'"', (byte)'\\']);

    /// <summary>Writes a string value with its quotes.</summary>
    public static void WriteString(ReadOnlySpan<byte> utf8, RecordBuffer to)
    {
        to.GetSpan(1)[0] = (byte)'"';
        to.Advance(1);
        while (utf8.Length > 0)
        {
            var part = utf8.Length > Chunk ? utf8[..Chunk] : utf8;
            WriteEscaped(part, to);
            utf8 = utf8[part.Length..];
        }

        to.GetSpan(1)[0] = (byte)'"';
        to.Advance(1);
    }

    /// <summary>Writes bytes as they are.</summary>
    public static void WriteRaw(ReadOnlySpan<byte> bytes, RecordBuffer to)
    {
        bytes.CopyTo(to.GetSpan(bytes.Length));
        to.Advance(bytes.Length);
    }

    /// <summary>Writes bytes as a base64 string.</summary>
    public static void WriteBase64(ReadOnlySpan<byte> bytes, RecordBuffer to)
    {
        var room = to.GetSpan(Base64.GetMaxEncodedToUtf8Length(bytes.Length) + 2);
        room[0] = (byte)'"';
        Base64.EncodeToUtf8(bytes, room[1..], out _, out var written);
        room[written + 1] = (byte)'"';
        to.Advance(written + 2);
    }

    /// <summary>
    /// Writes text that is JSON already, as it is. Where it spans lines, the space between its tokens goes, so that a record stays one line; no value changes.
    /// </summary>
    public static void WriteDocument(ReadOnlySpan<byte> json, RecordBuffer to)
    {
        // a line break can only stand between tokens: within a string JSON demands an escape
        if (json.IndexOfAny((byte)'\n', (byte)'\r') < 0)
        {
            WriteRaw(json.Trim(" \t"u8), to);
            return;
        }

        WriteCompact(json, to);
    }

    /// <summary>Writes text that is JSON already, without the space between its tokens.</summary>
    public static void WriteCompact(ReadOnlySpan<byte> json, RecordBuffer to)
    {
        var room = to.GetSpan(json.Length);
        var written = 0;
        var inString = false;
        for (var i = 0; i < json.Length; i++)
        {
            var value = json[i];
            if (!inString && value is ((byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r')) continue;
            if (value == (byte)'"') inString = !inString;
            room[written++] = value;
            if (inString && value == (byte)'\\') room[written++] = json[++i];
        }

        to.Advance(written);
    }

    /// <summary>The member's name as it stands before a value: quoted, escaped, with its colon.</summary>
    public static byte[] MemberName(string name) => [.. Quoted(System.Text.Encoding.UTF8.GetBytes(name)), (byte)':'];

    /// <summary>Text as a JSON string.</summary>
    public static byte[] Quoted(ReadOnlySpan<byte> utf8)
    {
        using var buffer = new RecordBuffer(utf8.Length + 16, 1);
        WriteString(utf8, buffer);
        buffer.EndRecord();
        return buffer[0].ToArray();
    }

    private static void WriteEscaped(ReadOnlySpan<byte> part, RecordBuffer to)
    {
        var room = to.GetSpan(part.Length);
        var at = part.IndexOfAny(Special);
        if (at < 0)
        {
            part.CopyTo(room);
            to.Advance(part.Length);
            return;
        }

        room = to.GetSpan(part.Length * 6);
        var written = 0;
        while (at >= 0)
        {
            part[..at].CopyTo(room[written..]);
            written += at;
            written += Escape(part[at], room[written..]);
            part = part[(at + 1)..];
            at = part.IndexOfAny(Special);
        }

        part.CopyTo(room[written..]);
        to.Advance(written + part.Length);
    }

    private static int Escape(byte value, Span<byte> room)
    {
        room[0] = (byte)'\\';
        room[1] = value switch
        {
            (byte)'"' or (byte)'\\' => value,
            (byte)'\n' => (byte)'n',
            (byte)'\r' => (byte)'r',
            (byte)'\t' => (byte)'t',
            (byte)'\b' => (byte)'b',
            (byte)'\f' => (byte)'f',
            _ => (byte)'u',
        };
        if (room[1] != (byte)'u') return 2;
        room[2] = room[3] = (byte)'0';
        room[4] = (byte)('0' + (value >> 4));
        room[5] = "0123456789abcdef"u8[value & 15];
        return 6;
    }
}
