using System.Buffers.Binary;
using System.Buffers.Text;
using DataSync.Extract.Json;
using DataSync.Pipeline;

namespace DataSync.Extract.Connectors.Postgres.Wire;

/// <summary>date: <c>2024-02-29</c>.</summary>
internal sealed class DateFormat : WireFormat
{
    public override string JsonType => "string";

    public override void Write(ReadOnlySpan<byte> wire, RecordBuffer to)
    {
        var days = BinaryPrimitives.ReadInt32BigEndian(wire);
        if (days is int.MaxValue or int.MinValue)
        {
            JsonText.WriteRaw(days > 0 ? "\"infinity\""u8 : "\"-infinity\""u8, to);
            return;
        }

        var room = to.GetSpan(32);
        room[0] = (byte)'"';
        var written = 1 + Calendar.WriteDate(days, room[1..]);
        room[written++] = (byte)'"';
        to.Advance(written);
    }
}

/// <summary>timestamp (<c>2024-02-29T12:00:00.5</c>) and timestamptz (the same in UTC, with a <c>Z</c>).</summary>
internal sealed class TimestampFormat(bool withZone) : WireFormat
{
    public override string JsonType => "string";

    public override void Write(ReadOnlySpan<byte> wire, RecordBuffer to)
    {
        var microseconds = BinaryPrimitives.ReadInt64BigEndian(wire);
        if (microseconds is long.MaxValue or long.MinValue)
        {
            JsonText.WriteRaw(microseconds > 0 ? "\"infinity\""u8 : "\"-infinity\""u8, to);
            return;
        }

        var (days, time) = Math.DivRem(microseconds, Calendar.MicrosecondsPerDay);
        if (time < 0)
        {
            time += Calendar.MicrosecondsPerDay;
            days--;
        }

        var room = to.GetSpan(48);
        room[0] = (byte)'"';
        var written = 1 + Calendar.WriteDate(days, room[1..]);
        room[written++] = (byte)'T';
        written += Calendar.WriteTime(time, room[written..]);
        if (withZone) room[written++] = (byte)'Z';
        room[written++] = (byte)'"';
        to.Advance(written);
    }
}

/// <summary>time (<c>23:59:59.999999</c>) and timetz (the same with its offset, <c>+02:00</c>).</summary>
internal sealed class TimeFormat(bool withZone) : WireFormat
{
    public override string JsonType => "string";

    public override void Write(ReadOnlySpan<byte> wire, RecordBuffer to)
    {
        var room = to.GetSpan(40);
        room[0] = (byte)'"';
        var written = 1 + Calendar.WriteTime(BinaryPrimitives.ReadInt64BigEndian(wire), room[1..]);
        if (withZone) written += WriteOffset(-BinaryPrimitives.ReadInt32BigEndian(wire[8..]), room[written..]);
        room[written++] = (byte)'"';
        to.Advance(written);
    }

    private static int WriteOffset(int secondsEast, Span<byte> room)
    {
        room[0] = secondsEast < 0 ? (byte)'-' : (byte)'+';
        var seconds = Math.Abs(secondsEast);
        Calendar.Two(seconds / 3600, room[1..]);
        room[3] = (byte)':';
        Calendar.Two(seconds / 60 % 60, room[4..]);
        if (seconds % 60 == 0) return 6;
        room[6] = (byte)':';
        Calendar.Two(seconds % 60, room[7..]);
        return 9;
    }
}

/// <summary>interval as an ISO 8601 duration, each part with its own sign: <c>P1Y-2M3DT-4H5M6.7S</c>. Months, days and time do not mix, as in PostgreSQL.</summary>
internal sealed class IntervalFormat : WireFormat
{
    public override string JsonType => "string";

    public override void Write(ReadOnlySpan<byte> wire, RecordBuffer to)
    {
        var microseconds = BinaryPrimitives.ReadInt64BigEndian(wire);
        var days = BinaryPrimitives.ReadInt32BigEndian(wire[8..]);
        var months = BinaryPrimitives.ReadInt32BigEndian(wire[12..]);
        if ((microseconds, days, months) is (long.MaxValue, int.MaxValue, int.MaxValue) or (long.MinValue, int.MinValue, int.MinValue))
        {
            JsonText.WriteRaw(days > 0 ? "\"infinity\""u8 : "\"-infinity\""u8, to);
            return;
        }

        var room = to.GetSpan(128);
        "\"P"u8.CopyTo(room);
        var written = 2;
        written += Part(months / 12, (byte)'Y', room[written..]);
        written += Part(months % 12, (byte)'M', room[written..]);
        written += Part(days, (byte)'D', room[written..]);
        if (microseconds != 0 || written == 2)
        {
            room[written++] = (byte)'T';
            written += Part(microseconds / 3_600_000_000, (byte)'H', room[written..]);
            written += Part(microseconds / 60_000_000 % 60, (byte)'M', room[written..]);
            written += Seconds(microseconds % 60_000_000, microseconds == 0, room[written..]);
        }

        room[written++] = (byte)'"';
        to.Advance(written);
    }

    private static int Part(long value, byte unit, Span<byte> room)
    {
        if (value == 0) return 0;
        Utf8Formatter.TryFormat(value, room, out var written);
        room[written] = unit;
        return written + 1;
    }

    private static int Seconds(long microseconds, bool evenIfZero, Span<byte> room)
    {
        if (microseconds == 0 && !evenIfZero) return 0;
        var written = 0;
        if (microseconds < 0) room[written++] = (byte)'-';
        var magnitude = Math.Abs(microseconds);
        Utf8Formatter.TryFormat(magnitude / 1_000_000, room[written..], out var digits);
        written += digits;
        written += Calendar.WriteFraction((int)(magnitude % 1_000_000), room[written..]);
        room[written] = (byte)'S';
        return written + 1;
    }
}
