namespace DataSync.Extract.Connectors;

/// <summary>Writes the parts of dates and times as digits: <c>2024-02-29</c>, <c>23:59:59</c>, <c>.5</c>.</summary>
internal static class ClockText
{
    /// <summary>Ten bytes.</summary>
    public static void Day(int year, int month, int day, Span<byte> room)
    {
        Two(year / 100, room);
        Two(year % 100, room[2..]);
        room[4] = room[7] = (byte)'-';
        Two(month, room[5..]);
        Two(day, room[8..]);
    }

    /// <summary>Eight bytes.</summary>
    public static void Clock(int hour, int minute, int second, Span<byte> room)
    {
        Two(hour, room);
        Two(minute, room[3..]);
        Two(second, room[6..]);
        room[2] = room[5] = (byte)':';
    }

    /// <summary>A fraction of a second in so many digits, without trailing zeros, and nothing for none. Returns the bytes written.</summary>
    public static int Fraction(long value, int digits, Span<byte> room)
    {
        if (value == 0) return 0;
        room[0] = (byte)'.';
        for (var i = digits; i > 0; i--, value /= 10) room[i] = (byte)('0' + value % 10);
        return room[1..(digits + 1)].LastIndexOfAnyExcept((byte)'0') + 2;
    }

    /// <summary>Two bytes.</summary>
    public static void Two(int value, Span<byte> room) => (room[0], room[1]) = ((byte)('0' + value / 10), (byte)('0' + value % 10));
}
