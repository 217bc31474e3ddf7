using System.Buffers.Binary;
using DataSync.Extract.Json;
using DataSync.Pipeline;

namespace DataSync.Extract.Connectors.Postgres.Wire;

/// <summary>Arrays as JSON arrays, nested as deep as their dimensions. Lower bounds other than 1 are not kept.</summary>
internal sealed class ArrayFormat(WireFormat element) : WireFormat
{
    private const int HeaderLength = 12;

    /// <summary>PostgreSQL's own bound.</summary>
    private const int MostDimensions = 6;

    public override string JsonType => "array";

    public override void Write(ReadOnlySpan<byte> wire, RecordBuffer to)
    {
        // the server's word is no measure for the stack, nor for how often to go round
        var dimensions = BinaryPrimitives.ReadInt32BigEndian(wire);
        if (dimensions is < 0 or > MostDimensions) throw new InvalidDataException("An array of more dimensions than there are.");
        Span<int> sizes = stackalloc int[MostDimensions];
        sizes = sizes[..dimensions];
        for (var i = 0; i < dimensions; i++) sizes[i] = BinaryPrimitives.ReadInt32BigEndian(wire[(HeaderLength + i * 8)..]);
        if (dimensions == 0 || sizes.Contains(0))
        {
            JsonText.WriteRaw("[]"u8, to);
            return;
        }

        if (sizes.ContainsAnyInRange(int.MinValue, -1)) throw new InvalidDataException("An array of less than nothing.");
        WriteDimension(sizes, wire[(HeaderLength + dimensions * 8)..], to);
    }

    /// <summary>Writes one dimension and returns what follows it on the wire.</summary>
    private ReadOnlySpan<byte> WriteDimension(ReadOnlySpan<int> sizes, ReadOnlySpan<byte> rest, RecordBuffer to)
    {
        for (var i = 0; i < sizes[0]; i++)
        {
            JsonText.WriteRaw(i == 0 ? "["u8 : ","u8, to);
            rest = sizes.Length > 1 ? WriteDimension(sizes[1..], rest, to) : WireValue.Write(element, rest, to);
        }

        JsonText.WriteRaw("]"u8, to);
        return rest;
    }
}

/// <summary>Composite types as JSON objects of their attributes, in their order.</summary>
internal sealed class CompositeFormat((byte[] Name, WireFormat Format)[] attributes) : WireFormat
{
    public override string JsonType => "object";

    public override void Write(ReadOnlySpan<byte> wire, RecordBuffer to)
    {
        var rest = wire[4..];
        JsonText.WriteRaw("{"u8, to);
        for (var i = 0; i < attributes.Length; i++)
        {
            if (i > 0) JsonText.WriteRaw(","u8, to);
            JsonText.WriteRaw(attributes[i].Name, to);
            rest = WireValue.Write(attributes[i].Format, rest[4..], to);
        }

        JsonText.WriteRaw("}"u8, to);
    }
}

internal static class WireValue
{
    /// <summary>Writes a value that stands behind its length (-1 for null) and returns what follows it.</summary>
    public static ReadOnlySpan<byte> Write(WireFormat format, ReadOnlySpan<byte> wire, RecordBuffer to)
    {
        var length = BinaryPrimitives.ReadInt32BigEndian(wire);
        if (length < 0)
        {
            if (length != -1) throw new InvalidDataException("A length of less than null.");
            JsonText.WriteRaw("null"u8, to);
            return wire[4..];
        }

        format.Write(wire.Slice(4, length), to);
        return wire[(4 + length)..];
    }
}
