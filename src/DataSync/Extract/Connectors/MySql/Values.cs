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
        Day(value, room[1..]);
        room[11] = (byte)'"';
        to.Advance(12);
    }

    public static void WriteTime(MySqlDateTime value, bool utc, RecordBuffer to)
    {
        var room = to.GetSpan(32);
        room[0] = (byte)'"';
        Day(value, room[1..]);
        room[11] = (byte)'T';
        Clock(value.Hour, value.Minute, value.Second, room[12..]);
        var at = 20 + Fraction(value.Microsecond, room[20..]);
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
        Clock(hours % 100, value.Minutes, value.Seconds, room[at..]);
        at += 8;
        at += Fraction((int)(value.Ticks % TimeSpan.TicksPerSecond / TimeSpan.TicksPerMicrosecond), room[at..]);
        room[at++] = (byte)'"';
        to.Advance(at);
    }

    private static void Day(MySqlDateTime value, Span<byte> room)
    {
        Two(value.Year / 100, room);
        Two(value.Year % 100, room[2..]);
        room[4] = room[7] = (byte)'-';
        Two(value.Month, room[5..]);
        Two(value.Day, room[8..]);
    }

    private static void Clock(int hour, int minute, int second, Span<byte> room)
    {
        Two(hour, room);
        Two(minute, room[3..]);
        Two(second, room[6..]);
        room[2] = room[5] = (byte)':';
    }

    /// <summary>Without trailing zeros, and nothing for none.</summary>
    private static int Fraction(int microseconds, Span<byte> room)
    {
        if (microseconds == 0) return 0;
        room[0] = (byte)'.';
        for (var i = 6; i > 0; i--, microseconds /= 10) room[i] = (byte)('0' + microseconds % 10);
        return room[1..7].LastIndexOfAnyExcept((byte)'0') + 2;
    }

    private static void Two(int value, Span<byte> room) => (room[0], room[1]) = ((byte)('0' + value / 10), (byte)('0' + value % 10));
}
