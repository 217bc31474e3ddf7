using System.Buffers.Text;
using System.Text;
using DataSync.Pipeline;
using MySqlConnector;

namespace DataSync.Extract.Connectors.MySql;

/// <summary>Writes values the driver made of what the server sent, as JSON.</summary>
internal static class Values
{
    public static void Write(long value, RecordBuffer to)
    {
        Utf8Formatter.TryFormat(value, to.GetSpan(20), out var written);
        to.Advance(written);
    }

    public static void Write(ulong value, RecordBuffer to)
    {
        Utf8Formatter.TryFormat(value, to.GetSpan(20), out var written);
        to.Advance(written);
    }

    /// <summary>MySQL knows neither infinity nor NaN.</summary>
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

    /// <summary>Up to 65 digits, as the server wrote them.</summary>
    public static void Write(MySqlDecimal value, RecordBuffer to)
    {
        Span<byte> digits = stackalloc byte[80];
        ServerText.WriteNumber(digits[..Encoding.ASCII.GetBytes(value.ToString(), digits)], to);
    }

    /// <summary>The parts as they are: a day, a month or all of them may be 0.</summary>
    public static void WriteDate(MySqlDateTime value, RecordBuffer to)
    {
        var room = to.GetSpan(12);
        room[0] = (byte)'"';
        ClockText.Day(value.Year, value.Month, value.Day, room[1..]);
        room[11] = (byte)'"';
        to.Advance(12);
    }

    public static void WriteTime(MySqlDateTime value, bool utc, RecordBuffer to)
    {
        var room = to.GetSpan(32);
        room[0] = (byte)'"';
        ClockText.Day(value.Year, value.Month, value.Day, room[1..]);
        room[11] = (byte)'T';
        ClockText.Clock(value.Hour, value.Minute, value.Second, room[12..]);
        var at = 20 + ClockText.Fraction(value.Microsecond, 6, room[20..]);
        if (utc) room[at++] = (byte)'Z';
        room[at++] = (byte)'"';
        to.Advance(at);
    }

    /// <summary>A time of day, or a span up to 838:59:59 either way.</summary>
    public static void Write(TimeSpan value, RecordBuffer to)
    {
        var room = to.GetSpan(24);
        var at = 0;
        room[at++] = (byte)'"';
        if (value < TimeSpan.Zero) room[at++] = (byte)'-';
        value = value.Duration();
        var hours = (int)value.TotalHours;
        if (hours > 99) room[at++] = (byte)('0' + hours / 100);
        ClockText.Clock(hours % 100, value.Minutes, value.Seconds, room[at..]);
        at += 8;
        at += ClockText.Fraction(value.Ticks % TimeSpan.TicksPerSecond / TimeSpan.TicksPerMicrosecond, 6, room[at..]);
        room[at++] = (byte)'"';
        to.Advance(at);
    }
}
