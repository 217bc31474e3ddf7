using System.Buffers.Binary;
using DataSync.Extract.Json;
using DataSync.Pipeline;

namespace DataSync.Extract.Connectors.Postgres.Wire;

/// <summary>numeric: every digit, with the scale it was stored with. On the wire it is groups of four decimal digits around the point.</summary>
internal sealed class NumericFormat : WireFormat
{
    private const ushort Negative = 0x4000, NotANumber = 0xC000, PlusInfinity = 0xD000, MinusInfinity = 0xF000;

    public override string JsonType => "number";

    public override void Write(ReadOnlySpan<byte> wire, RecordBuffer to)
    {
        var groups = BinaryPrimitives.ReadInt16BigEndian(wire);
        int weight = BinaryPrimitives.ReadInt16BigEndian(wire[2..]);
        var sign = BinaryPrimitives.ReadUInt16BigEndian(wire[4..]);
        int scale = BinaryPrimitives.ReadUInt16BigEndian(wire[6..]);
        if (sign is NotANumber or PlusInfinity or MinusInfinity)
        {
            JsonText.WriteRaw(sign switch { NotANumber => "\"NaN\""u8, PlusInfinity => "\"Infinity\""u8, _ => "\"-Infinity\""u8 }, to);
            return;
        }

        var digits = wire[8..];
        var room = to.GetSpan((Math.Max(weight, 0) + 2) * 4 + scale + 8);
        var written = 0;
        if (sign == Negative) room[written++] = (byte)'-';
        if (weight < 0) room[written++] = (byte)'0';
        for (var i = 0; i <= weight; i++)
        {
            var group = Group(digits, groups, i);
            written += i == 0 ? First(group, room[written..]) : Four(group, room[written..]);
        }

        if (scale > 0)
        {
            room[written++] = (byte)'.';
            var end = written + scale;
            for (var i = weight + 1; written < end; i++) written += Four(Group(digits, groups, i), room[written..]);
            written = end;
        }

        to.Advance(written);
    }

    private static int Group(ReadOnlySpan<byte> digits, int groups, int index)
        => index >= 0 && index < groups ? BinaryPrimitives.ReadInt16BigEndian(digits[(index * 2)..]) : 0;

    private static int First(int group, Span<byte> room)
    {
        if (group >= 1000) return Four(group, room);
        var written = 0;
        if (group >= 100) room[written++] = (byte)('0' + group / 100);
        if (group >= 10) room[written++] = (byte)('0' + group / 10 % 10);
        room[written++] = (byte)('0' + group % 10);
        return written;
    }

    private static int Four(int group, Span<byte> room)
    {
        room[3] = (byte)('0' + group % 10);
        room[2] = (byte)('0' + group / 10 % 10);
        room[1] = (byte)('0' + group / 100 % 10);
        room[0] = (byte)('0' + group / 1000);
        return 4;
    }
}
