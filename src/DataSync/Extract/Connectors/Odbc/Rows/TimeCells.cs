using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using DataSync.Extract.Connectors.MySql;
using DataSync.Extract.Connectors.Odbc.Native;
using DataSync.Pipeline;

namespace DataSync.Extract.Connectors.Odbc.Rows;

/// <summary>Dates (<c>2024-02-29</c>) and timestamps (<c>2024-02-29T12:00:00.5</c>, with <c>Z</c> where they are in UTC), in ODBC's own form: numbers in a row.</summary>
internal sealed class CalendarCell(bool withTime, bool utc = false) : CellFormat
{
    public override short CType => withTime ? SqlType.CTimestamp : SqlType.CDate;

    public override string JsonType => "string";

    public override int FixedBytes => withTime ? 16 : 6;

    public override bool Write(ReadOnlySpan<byte> value, RecordBuffer to)
    {
        var room = to.GetSpan(48);
        room[0] = (byte)'"';
        var written = 1 + Format(value, room[1..]);
        room[written++] = (byte)'"';
        to.Advance(written);
        return true;
    }

    public override string Key(ReadOnlySpan<byte> value)
    {
        Span<byte> room = stackalloc byte[48];
        return System.Text.Encoding.ASCII.GetString(room[..Format(value, room)]).Replace('T', ' ').TrimEnd('Z');
    }

    private int Format(ReadOnlySpan<byte> value, Span<byte> room)
    {
        Digits(BinaryPrimitives.ReadInt16LittleEndian(value), 4, room);
        room[4] = room[7] = (byte)'-';
        Digits(BinaryPrimitives.ReadUInt16LittleEndian(value[2..]), 2, room[5..]);
        Digits(BinaryPrimitives.ReadUInt16LittleEndian(value[4..]), 2, room[8..]);
        if (!withTime) return 10;
        room[10] = (byte)'T';
        room[13] = room[16] = (byte)':';
        for (var part = 0; part < 3; part++) Digits(BinaryPrimitives.ReadUInt16LittleEndian(value[(6 + part * 2)..]), 2, room[(11 + part * 3)..]);
        var written = 19 + Fraction(BinaryPrimitives.ReadUInt32LittleEndian(value[12..]), room[19..]);
        if (utc) room[written++] = (byte)'Z';
        return written;
    }

    /// <summary>Nanoseconds without trailing zeros.</summary>
    private static int Fraction(uint nanoseconds, Span<byte> room)
    {
        if (nanoseconds is 0 or > 999_999_999) return 0;
        room[0] = (byte)'.';
        Digits((int)nanoseconds, 9, room[1..]);
        var length = 10;
        while (room[length - 1] == (byte)'0') length--;
        return length;
    }

    private static void Digits(int value, int count, Span<byte> room)
    {
        for (var i = count - 1; i >= 0; i--, value /= 10) room[i] = (byte)('0' + value % 10);
    }
}

/// <summary>
/// MariaDB's and MySQL's dates and times in the server's own text, in the forms of the native connector. Asked for their parts, the driver gives a date of zeros as null, and it has no form for a time of more than a day.
/// What holds anything that no time does is written as the string it is.
/// </summary>
internal sealed class MariaDbTimeCell(bool utc) : CellFormat
{
    private static readonly SearchValues<byte> OfTimes = SearchValues.Create("0123456789-.: "u8);

    public override short CType => SqlType.CChar;

    public override string JsonType => "string";

    public override bool Write(ReadOnlySpan<byte> value, RecordBuffer to)
    {
        if (value.ContainsAnyExcept(OfTimes)) return AsciiCell.WriteText(value, to);
        ServerText.WriteDateTime(value, utc, to);
        return true;
    }

    public override string? Key(ReadOnlySpan<byte> value) => value.ContainsAnyExcept(OfTimes) ? null : System.Text.Encoding.ASCII.GetString(value);
}

/// <summary>
/// PostgreSQL's dates and times in its own ISO text, in which all of its range has a place: <c>infinity</c>, years before 1 and after 9999, 24:00:00.
/// They come out in the forms of the native connector. What holds anything that no time does is written as the string it is.
/// </summary>
internal sealed class PostgresTimeCell(bool utc) : CellFormat
{
    private static readonly SearchValues<byte> OfTimes = SearchValues.Create("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+-.: "u8);

    public override short CType => SqlType.CChar;

    public override string JsonType => "string";

    public override bool Write(ReadOnlySpan<byte> value, RecordBuffer to)
    {
        if (value.ContainsAnyExcept(OfTimes)) return AsciiCell.WriteText(value, to);
        var room = to.GetSpan(value.Length + 16);
        room[0] = (byte)'"';
        var written = 1;
        var isBc = value.EndsWith(" BC"u8);
        if (isBc) value = value[..^3];
        if (utc && value.EndsWith("+00"u8)) value = value[..^3];
        var yearEnd = value.IndexOf((byte)'-');
        if (yearEnd > 0 && (isBc || yearEnd != 4) && Utf8Parser.TryParse(value[..yearEnd], out int year, out _))
        {
            written += Year(isBc ? 1 - year : year, room[written..]);
            value = value[yearEnd..];
        }

        value.CopyTo(room[written..]);
        var place = room.Slice(written, value.Length).IndexOf((byte)' ');
        if (place >= 0) room[written + place] = (byte)'T';
        written += value.Length;
        if (utc && room[written - 1] is >= (byte)'0' and <= (byte)'9') room[written++] = (byte)'Z';
        room[written++] = (byte)'"';
        to.Advance(written);
        return true;
    }

    public override string Key(ReadOnlySpan<byte> value) => System.Text.Encoding.ASCII.GetString(value);

    private static int Year(int year, Span<byte> room)
    {
        var text = year is >= 0 and <= 9999
            ? year.ToString("D4", CultureInfo.InvariantCulture)
            : (year < 0 ? "-" : "+") + Math.Abs(year).ToString("D6", CultureInfo.InvariantCulture);
        return System.Text.Encoding.ASCII.GetBytes(text, room);
    }
}
