using System.Buffers.Text;

namespace DataSync.Extract.Connectors.Postgres.Wire;

/// <summary>Writes dates and times of day as ISO 8601 text. PostgreSQL's range is wider than .NET's: years from -4713 to 5874897.</summary>
internal static class Calendar
{
    public const long MicrosecondsPerDay = 86_400_000_000;

    /// <summary>Days from 0000-03-01 of the proleptic Gregorian calendar to PostgreSQL's day zero, 2000-01-01.</summary>
    private const long DaysToPostgresEpoch = 730_425;
    private const long DaysPerEra = 146_097;

    /// <summary>Writes a date given in days from 2000-01-01. Outside 0000 to 9999 the year has a sign and at least six digits; year 0 is 1 BC.</summary>
    public static int WriteDate(long days, Span<byte> room)
    {
        var shifted = days + DaysToPostgresEpoch;
        var era = (shifted >= 0 ? shifted : shifted - DaysPerEra + 1) / DaysPerEra;
        var dayOfEra = (int)(shifted - era * DaysPerEra);
        var yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
        var dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
        var marchMonth = (5 * dayOfYear + 2) / 153;
        var day = dayOfYear - (153 * marchMonth + 2) / 5 + 1;
        var month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
        var year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);

        var written = WriteYear(year, room);
        room[written++] = (byte)'-';
        Two(month, room[written..]);
        room[written + 2] = (byte)'-';
        Two(day, room[(written + 3)..]);
        return written + 5;
    }

    /// <summary>Writes a time of day given in microseconds from midnight; 24:00:00 is a value. The fraction has no trailing zeros.</summary>
    public static int WriteTime(long microseconds, Span<byte> room)
    {
        var seconds = (int)(microseconds / 1_000_000);
        var fraction = (int)(microseconds - seconds * 1_000_000L);
        Two(seconds / 3600, room);
        room[2] = (byte)':';
        Two(seconds / 60 % 60, room[3..]);
        room[5] = (byte)':';
        Two(seconds % 60, room[6..]);
        return 8 + WriteFraction(fraction, room[8..]);
    }

    /// <summary>Writes <c>.123</c> for 123,000 microseconds, nothing for none.</summary>
    public static int WriteFraction(int microseconds, Span<byte> room)
    {
        if (microseconds == 0) return 0;
        room[0] = (byte)'.';
        for (var i = 6; i >= 1; i--, microseconds /= 10) room[i] = (byte)('0' + microseconds % 10);
        var length = 7;
        while (room[length - 1] == (byte)'0') length--;
        return length;
    }

    public static void Two(int value, Span<byte> room)
    {
        room[1] = (byte)('0' + value % 10);
        room[0] = (byte)('0' + value / 10);
    }

    private static int WriteYear(long year, Span<byte> room)
    {
        if (year is >= 0 and <= 9999)
        {
            Two((int)year / 100, room);
            Two((int)year % 100, room[2..]);
            return 4;
        }

        room[0] = year < 0 ? (byte)'-' : (byte)'+';
        Utf8Formatter.TryFormat(Math.Abs(year), room[1..], out var written, new System.Buffers.StandardFormat('D', 6));
        return written + 1;
    }
}
