using System.Buffers.Text;
using System.Globalization;
using System.Runtime.InteropServices;
using DataSync.Extract.Connectors.Odbc.Native;
using DataSync.Extract.Json;
using DataSync.Pipeline;

namespace DataSync.Extract.Connectors.Odbc.Rows;

/// <summary>
/// A value of SQLite, which has the type it was stored with, whatever its column says; a driver that goes by the column would turn text into 0.
/// The statement has each value come as text with its storage class before it: <c>i</c>, <c>r</c>, <c>t</c>, <c>x</c> (text in hexadecimal, for it holds NUL) or <c>b</c>.
/// </summary>
internal sealed class SqliteCell : CellFormat
{
    public override short CType => SqlType.CWChar;

    public override string JsonType => "any";

    /// <summary>The expression a column is read by.</summary>
    public static string Expression(string column)
        => $"CASE typeof({column}) WHEN 'integer' THEN 'i' || {column} WHEN 'real' THEN 'r' || printf('%!.17g', {column}) "
            + $"WHEN 'text' THEN CASE WHEN instr({column}, char(0)) > 0 THEN 'x' || hex(CAST({column} AS BLOB)) ELSE 't' || {column} END WHEN 'blob' THEN 'b' || hex({column}) END";

    public override bool Write(ReadOnlySpan<byte> value, RecordBuffer to)
    {
        var text = MemoryMarshal.Cast<byte, char>(value);
        var rest = text[1..];
        switch (text[0])
        {
            case 'i':
                System.Text.Encoding.ASCII.GetBytes(rest, to.GetSpan(rest.Length));
                to.Advance(rest.Length);
                return true;
            case 'r':
                WriteReal(rest, to);
                return true;
            case 'b':
                JsonText.WriteBase64(Convert.FromHexString(rest), to);
                return true;
            case 'x':
                return WriteHexText(rest, to);
            default:
                return TextCell.WriteText(value[sizeof(char)..], to);
        }
    }

    /// <summary>The value with its class, as <see cref="Write"/> takes it; none where it holds NUL, which a parameter cannot.</summary>
    public override string? Key(ReadOnlySpan<byte> value)
    {
        var text = new string(MemoryMarshal.Cast<byte, char>(value));
        return text[0] is 'i' or 't' ? text : null;
    }

    private static bool WriteHexText(ReadOnlySpan<char> hex, RecordBuffer to)
    {
        var bytes = Convert.FromHexString(hex);
        if (!System.Text.Unicode.Utf8.IsValid(bytes))
        {
            InvalidText.Write(bytes, to);
            return false;
        }

        JsonText.WriteString(bytes, to);
        return true;
    }

    /// <summary>A real keeps its point, so that it can be told from an integer.</summary>
    private static void WriteReal(ReadOnlySpan<char> text, RecordBuffer to)
    {
        if (text.EndsWith("Inf", StringComparison.Ordinal))
        {
            JsonText.WriteRaw(text[0] == '-' ? "\"-Infinity\""u8 : "\"Infinity\""u8, to);
            return;
        }

        var room = to.GetSpan(40);
        Utf8Formatter.TryFormat(double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture), room, out var written);
        if (room[..written].IndexOfAny((byte)'.', (byte)'E') < 0)
        {
            ".0"u8.CopyTo(room[written..]);
            written += 2;
        }

        to.Advance(written);
    }
}
