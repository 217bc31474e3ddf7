using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Runtime.InteropServices;
using DataSync.Extract.Connectors.Odbc.Native;
using DataSync.Extract.Json;
using DataSync.Pipeline;

namespace DataSync.Extract.Connectors.Odbc.Rows;

/// <summary>Whole numbers of up to 64 bits.</summary>
internal sealed class WholeCell(bool unsigned) : CellFormat
{
    public override short CType => unsigned ? SqlType.CUBigInt : SqlType.CSBigInt;

    public override string JsonType => "integer";

    public override int FixedBytes => sizeof(long);

    public override bool Write(ReadOnlySpan<byte> value, RecordBuffer to)
    {
        var room = to.GetSpan(20);
        int written;
        if (unsigned) Utf8Formatter.TryFormat(BinaryPrimitives.ReadUInt64LittleEndian(value), room, out written);
        else Utf8Formatter.TryFormat(BinaryPrimitives.ReadInt64LittleEndian(value), room, out written);
        to.Advance(written);
        return true;
    }

    public override string Key(ReadOnlySpan<byte> value) => unsigned
        ? BinaryPrimitives.ReadUInt64LittleEndian(value).ToString(CultureInfo.InvariantCulture)
        : BinaryPrimitives.ReadInt64LittleEndian(value).ToString(CultureInfo.InvariantCulture);
}

/// <summary>A single bit.</summary>
internal sealed class BitCell : CellFormat
{
    public override short CType => SqlType.CBit;

    public override bool HasKey => false;

    public override string JsonType => "boolean";

    public override int FixedBytes => 1;

    public override bool Write(ReadOnlySpan<byte> value, RecordBuffer to)
    {
        JsonText.WriteRaw(value[0] != 0 ? "true"u8 : "false"u8, to);
        return true;
    }
}

/// <summary>Several bits as the number they make, the greatest byte first.</summary>
internal sealed class BitsCell : CellFormat
{
    public override short CType => SqlType.CBinary;

    public override bool HasKey => false;

    public override string JsonType => "integer";

    public override bool Write(ReadOnlySpan<byte> value, RecordBuffer to)
    {
        if (value.Length is 0 or > sizeof(ulong))
        {
            InvalidText.Write(value, to);
            return false;
        }

        var bits = 0UL;
        foreach (var part in value) bits = (bits << 8) | part;
        Utf8Formatter.TryFormat(bits, to.GetSpan(20), out var written);
        to.Advance(written);
        return true;
    }
}

/// <summary>PostgreSQL's text of a truth value.</summary>
internal sealed class TruthCell : CellFormat
{
    public override short CType => SqlType.CChar;

    public override bool HasKey => false;

    public override string JsonType => "boolean";

    public override bool Write(ReadOnlySpan<byte> value, RecordBuffer to)
    {
        JsonText.WriteRaw(value is [(byte)'t', ..] ? "true"u8 : "false"u8, to);
        return true;
    }
}

/// <summary>Floating-point numbers, as the shortest digits that read back to the same value; what JSON has no number for is a string.</summary>
internal sealed class FloatingCell(bool single) : CellFormat
{
    public override short CType => single ? SqlType.CFloat : SqlType.CDouble;

    public override bool HasKey => false;

    public override string JsonType => "number";

    public override int FixedBytes => single ? sizeof(float) : sizeof(double);

    public override bool Write(ReadOnlySpan<byte> value, RecordBuffer to)
    {
        var number = single ? BinaryPrimitives.ReadSingleLittleEndian(value) : BinaryPrimitives.ReadDoubleLittleEndian(value);
        if (!double.IsFinite(number))
        {
            JsonText.WriteRaw(double.IsNaN(number) ? "\"NaN\""u8 : number > 0 ? "\"Infinity\""u8 : "\"-Infinity\""u8, to);
            return true;
        }

        var room = to.GetSpan(40);
        int written;
        if (single) Utf8Formatter.TryFormat((float)number, room, out written);
        else Utf8Formatter.TryFormat(number, room, out written);
        to.Advance(written);
        return true;
    }
}

/// <summary>
/// PostgreSQL's floating-point numbers, fetched as its text: that is the shortest already, so that neither the driver has to read it nor we to find it again. With an exponent
/// it is written as the other numbers are.
/// </summary>
internal sealed class PostgresFloatCell(bool single) : CellFormat
{
    private static readonly SearchValues<byte> Plain = SearchValues.Create("-.0123456789"u8);
    private readonly FloatingCell _number = new(single);

    public override short CType => SqlType.CChar;

    public override bool HasKey => false;

    public override string JsonType => "number";

    public override bool Write(ReadOnlySpan<byte> value, RecordBuffer to)
    {
        if (value.IndexOfAnyExcept(Plain) < 0 && ExactCell.IsNumber(value)) JsonText.WriteRaw(value, to);
        else if (!single && Utf8Parser.TryParse(value, out double number, out var read) && read == value.Length) _number.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<double>(ref number)), to);
        else if (single && Utf8Parser.TryParse(value, out float small, out read) && read == value.Length) _number.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<float>(ref small)), to);
        else return AsciiCell.WriteText(value, to);
        return true;
    }
}

/// <summary>Decimals, fetched as their text so that no digit is lost. A text that is no number of JSON (NaN) is a string.</summary>
/// <param name="padded">The server may put zeros before it, as ZEROFILL does.</param>
internal sealed class ExactCell(bool padded = false) : CellFormat
{
    public override short CType => SqlType.CChar;

    public override string JsonType => "number";

    public override bool Write(ReadOnlySpan<byte> value, RecordBuffer to)
    {
        value = value.Trim((byte)' ');
        if (padded) value = Bare(value);
        if (IsNumber(value)) JsonText.WriteRaw(value, to);
        else if (value.StartsWith("."u8) && IsNumber(value, bare: true)) WriteWithZero(value, negative: false, to);
        else if (value.StartsWith("-."u8) && IsNumber(value[1..], bare: true)) WriteWithZero(value[1..], negative: true, to);
        else return AsciiCell.WriteText(value, to);
        return true;
    }

    public override string? Key(ReadOnlySpan<byte> value)
    {
        if (padded) value = Bare(value);
        return IsNumber(value) ? System.Text.Encoding.ASCII.GetString(value) : null;
    }

    /// <summary>Without zeros before the first digit of its whole part.</summary>
    private static ReadOnlySpan<byte> Bare(ReadOnlySpan<byte> text)
    {
        while (text.Length > 1 && text[0] == (byte)'0' && text[1] != (byte)'.') text = text[1..];
        return text;
    }

    private static void WriteWithZero(ReadOnlySpan<byte> fraction, bool negative, RecordBuffer to)
    {
        JsonText.WriteRaw(negative ? "-0"u8 : "0"u8, to);
        JsonText.WriteRaw(fraction, to);
    }

    /// <summary>True for a number of JSON; a bare one begins with its point.</summary>
    internal static bool IsNumber(ReadOnlySpan<byte> text, bool bare = false)
    {
        if (text.StartsWith("-"u8)) text = text[1..];
        var whole = Digits(text);
        if (bare ? whole != 0 : whole == 0 || whole > 1 && text[0] == (byte)'0') return false;
        text = text[whole..];
        if (text.StartsWith("."u8))
        {
            var fraction = Digits(text[1..]);
            if (fraction == 0) return false;
            text = text[(1 + fraction)..];
        }

        if (text.Length == 0) return true;
        if (text[0] is not ((byte)'e' or (byte)'E')) return false;
        text = text[1..];
        if (text.Length > 0 && text[0] is (byte)'+' or (byte)'-') text = text[1..];
        return text.Length > 0 && Digits(text) == text.Length;
    }

    private static int Digits(ReadOnlySpan<byte> text)
    {
        var count = 0;
        while (count < text.Length && text[count] is >= (byte)'0' and <= (byte)'9') count++;
        return count;
    }
}
