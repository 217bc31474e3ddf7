using System.Buffers.Binary;

namespace DataSync.Extract.Connectors.SqlServer.Relay;

/// <summary>Whole messages of TDS: packets with a header of eight bytes, the last of them marked.</summary>
internal static class TdsPackets
{
    public const byte Answer = 0x04, Login = 0x10, Prelogin = 0x12;
    public const int HeaderBytes = 8;

    /// <summary>What both sides keep to until they have agreed on something else.</summary>
    private const int PacketBytes = 4096;

    private const byte Last = 1;

    /// <summary>Reads one message.</summary>
    /// <param name="from">Whose.</param>
    /// <param name="most">Bytes it may have.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="InvalidDataException">What came is no TDS, or longer.</exception>
    /// <exception cref="EndOfStreamException">It ended before its end.</exception>
    public static async Task<(byte Type, byte[] Content)> ReadAsync(Stream from, int most, CancellationToken ct)
    {
        var header = new byte[HeaderBytes];
        var content = Array.Empty<byte>();
        byte? type = null;
        do
        {
            await from.ReadExactlyAsync(header, ct);
            var length = BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(2)) - HeaderBytes;
            if (length < 0 || content.Length + length > most || (type ??= header[0]) != header[0]) throw new InvalidDataException("No packet of TDS.");
            Array.Resize(ref content, content.Length + length);
            await from.ReadExactlyAsync(content.AsMemory(content.Length - length), ct);
        }
        while ((header[1] & Last) == 0);

        return (type.Value, content);
    }

    /// <summary>The message as packets.</summary>
    public static byte[] Write(byte type, ReadOnlySpan<byte> content)
    {
        var packets = new MemoryStream(content.Length + HeaderBytes);
        for (byte number = 1; number == 1 || content.Length > 0; number++)
        {
            var part = content[..Math.Min(content.Length, PacketBytes - HeaderBytes)];
            content = content[part.Length..];
            packets.Write(Header(type, part.Length, content.IsEmpty, number));
            packets.Write(part);
            if (content.IsEmpty) break;
        }

        return packets.ToArray();
    }

    /// <summary>The header of one packet.</summary>
    public static byte[] Header(byte type, int contentBytes, bool last, byte number)
    {
        var header = new byte[HeaderBytes];
        (header[0], header[1], header[6]) = (type, last ? Last : (byte)0, number);
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(2), (ushort)(contentBytes + HeaderBytes));
        return header;
    }
}
