using System.Buffers.Binary;
using System.Buffers.Text;
using DataSync.Extract.Json;
using DataSync.Pipeline;

namespace DataSync.Extract.Connectors.Postgres.Wire;

internal sealed class BooleanFormat : WireFormat
{
    public override string JsonType => "boolean";

    public override void Write(ReadOnlySpan<byte> wire, RecordBuffer to) => JsonText.WriteRaw(wire[0] != 0 ? "true"u8 : "false"u8, to);
}

/// <summary>smallint, integer and bigint: the length tells which.</summary>
internal sealed class IntegerFormat : WireFormat
{
    public override string JsonType => "integer";

    public override void Write(ReadOnlySpan<byte> wire, RecordBuffer to)
    {
        var value = wire.Length switch
        {
            8 => BinaryPrimitives.ReadInt64BigEndian(wire),
            4 => BinaryPrimitives.ReadInt32BigEndian(wire),
            _ => BinaryPrimitives.ReadInt16BigEndian(wire),
        };
        Utf8Formatter.TryFormat(value, to.GetSpan(20), out var written);
        to.Advance(written);
    }
}

/// <summary>real and double precision, as the shortest digits that read back to the same value; what JSON has no number for becomes a string.</summary>
internal sealed class FloatFormat : WireFormat
{
    public override string JsonType => "number";

    public override void Write(ReadOnlySpan<byte> wire, RecordBuffer to)
    {
        var value = wire.Length == 8 ? BinaryPrimitives.ReadDoubleBigEndian(wire) : BinaryPrimitives.ReadSingleBigEndian(wire);
        if (!double.IsFinite(value))
        {
            JsonText.WriteRaw(double.IsNaN(value) ? "\"NaN\""u8 : value > 0 ? "\"Infinity\""u8 : "\"-Infinity\""u8, to);
            return;
        }

        var room = to.GetSpan(40);
        int written;
        if (wire.Length == 8) Utf8Formatter.TryFormat(value, room, out written);
        else Utf8Formatter.TryFormat((float)value, room, out written);
        to.Advance(written);
    }
}

internal sealed class UuidFormat : WireFormat
{
    public override string JsonType => "string";

    public override void Write(ReadOnlySpan<byte> wire, RecordBuffer to)
    {
        var room = to.GetSpan(38);
        room[0] = (byte)'"';
        new Guid(wire, bigEndian: true).TryFormat(room[1..], out _);
        room[37] = (byte)'"';
        to.Advance(38);
    }
}

internal sealed class ByteaFormat : WireFormat
{
    public override string JsonType => "string";

    public override void Write(ReadOnlySpan<byte> wire, RecordBuffer to) => JsonText.WriteBase64(wire, to);
}

/// <summary>Everything whose wire form is its text: text, varchar, char, name, enums, and whatever was cast to text.</summary>
internal sealed class TextFormat : WireFormat
{
    public override string JsonType => "string";

    public override void Write(ReadOnlySpan<byte> wire, RecordBuffer to) => JsonText.WriteString(wire, to);
}
