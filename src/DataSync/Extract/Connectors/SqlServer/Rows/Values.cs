using System.Buffers.Text;
using System.Data.SqlTypes;
using System.Runtime.InteropServices;
using DataSync.Pipeline;

namespace DataSync.Extract.Connectors.SqlServer.Rows;

/// <summary>Writes values as JSON, without an object for any of them.</summary>
internal static class Values
{
    private static readonly UInt128 Ten = 10;

    public static void Write(long value, RecordBuffer to)
    {
        Utf8Formatter.TryFormat(value, to.GetSpan(20), out var written);
        to.Advance(written);
    }

    /// <summary>SQL Server knows neither infinity nor NaN.</summary>
    public static void Write(double value, RecordBuffer to)
    {
        Utf8Formatter.TryFormat(value, to.GetSpan(40), out var written);
        to.Advance(written);
    }

    public static void Write(float value, RecordBuffer to)
    {
        Utf8Formatter.TryFormat(value, to.GetSpan(40), out var written);
        to.Advance(written);
    }

    /// <summary>Four digits behind the point, as the server keeps them.</summary>
    public static void Write(SqlMoney value, RecordBuffer to)
    {
        Utf8Formatter.TryFormat(value.ToDecimal(), to.GetSpan(40), out var written);
        to.Advance(written);
    }

    /// <summary>Up to 38 digits, all of them, with the scale of the column.</summary>
    public static void Write(SqlDecimal value, RecordBuffer to)
    {
        Span<uint> parts = stackalloc uint[4];
        value.WriteTdsValue(parts);
        var number = MemoryMarshal.Read<UInt128>(MemoryMarshal.AsBytes(parts));
        Span<byte> digits = stackalloc byte[44];
        var at = digits.Length;
        for (var i = 0; number != UInt128.Zero || i <= value.Scale; i++)
        {
            if (i == value.Scale && i > 0) digits[--at] = (byte)'.';
            (number, var digit) = UInt128.DivRem(number, Ten);
            digits[--at] = (byte)('0' + (int)digit);
        }

        if (!value.IsPositive) digits[--at] = (byte)'-';
        digits[at..].CopyTo(to.GetSpan(digits.Length));
        to.Advance(digits.Length - at);
    }

    public static void WriteDate(DateTime value, RecordBuffer to)
    {
        var room = to.GetSpan(12);
        room[0] = room[11] = (byte)'"';
        ClockText.Day(value.Year, value.Month, value.Day, room[1..]);
        to.Advance(12);
    }

    public static void Write(DateTime value, RecordBuffer to)
    {
        var room = to.GetSpan(32);
        var at = Moment(value, room);
        room[at++] = (byte)'"';
        to.Advance(at);
    }

    /// <summary>The clock there, and how far it is from UTC.</summary>
    public static void Write(DateTimeOffset value, RecordBuffer to)
    {
        var room = to.GetSpan(40);
        var at = Moment(value.DateTime, room);
        var offset = value.Offset.Duration();
        room[at++] = value.Offset < TimeSpan.Zero ? (byte)'-' : (byte)'+';
        ClockText.Two(offset.Hours, room[at..]);
        room[at + 2] = (byte)':';
        ClockText.Two(offset.Minutes, room[(at + 3)..]);
        room[at + 5] = (byte)'"';
        to.Advance(at + 6);
    }

    /// <summary>A time of day.</summary>
    public static void Write(TimeSpan value, RecordBuffer to)
    {
        var room = to.GetSpan(24);
        room[0] = (byte)'"';
        ClockText.Clock(value.Hours, value.Minutes, value.Seconds, room[1..]);
        var at = 9 + ClockText.Fraction(value.Ticks % TimeSpan.TicksPerSecond, 7, room[9..]);
        room[at++] = (byte)'"';
        to.Advance(at);
    }

    public static void Write(Guid value, RecordBuffer to)
    {
        var room = to.GetSpan(38);
        room[0] = room[37] = (byte)'"';
        Utf8Formatter.TryFormat(value, room[1..], out _);
        to.Advance(38);
    }

    private static int Moment(DateTime value, Span<byte> room)
    {
        room[0] = (byte)'"';
        ClockText.Day(value.Year, value.Month, value.Day, room[1..]);
        room[11] = (byte)'T';
        ClockText.Clock(value.Hour, value.Minute, value.Second, room[12..]);
        return 20 + ClockText.Fraction(value.Ticks % TimeSpan.TicksPerSecond, 7, room[20..]);
    }
}
