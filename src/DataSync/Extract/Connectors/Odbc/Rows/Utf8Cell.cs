using System.Text;
using System.Text.Unicode;
using DataSync.Extract.Connectors.Odbc.Native;
using DataSync.Extract.Json;
using DataSync.Pipeline;

namespace DataSync.Extract.Connectors.Odbc.Rows;

/// <summary>Text, fetched as <c>char</c> from a driver that was seen to give UTF-8 that way: it then copies what the server sent, and nobody turns it into UTF-16 and back.</summary>
internal sealed class Utf8Cell : CellFormat
{
    /// <summary>Characters of one to four bytes: no other encoding has the same bytes for them, so a driver that gives these gives UTF-8.</summary>
    public static ReadOnlySpan<byte> Sample => "a\u00e9\u0416\u6f22\U0001d11e"u8;

    public override short CType => SqlType.CChar;

    public override string JsonType => "string";

    public override int CharacterBytes => 4;

    public override bool Write(ReadOnlySpan<byte> value, RecordBuffer to)
    {
        // a database without an encoding gives whatever was put into it
        if (!Utf8.IsValid(value))
        {
            InvalidText.Write(value, to);
            return false;
        }

        JsonText.WriteString(value, to);
        return true;
    }

    public override string? Key(ReadOnlySpan<byte> value) => Utf8.IsValid(value) ? Encoding.UTF8.GetString(value) : null;
}
