using System.Buffers.Binary;

namespace DataSync.Extract.Connectors.SqlServer.Relay;

/// <summary>What the two sides of a TDS connection say of encryption before they log in.</summary>
internal static class Prelogin
{
    /// <summary>Values of the option.</summary>
    public const byte On = 1, NotSupported = 2, Required = 3;

    private const byte Encryption = 1, End = 0xFF;
    private const int OptionBytes = 5;

    /// <summary>The value in a message; null where it says nothing of encryption.</summary>
    public static byte? Read(ReadOnlySpan<byte> message) => Find(message) is { } at ? message[at] : null;

    /// <summary>Puts another value in its place.</summary>
    /// <exception cref="InvalidDataException">It says nothing of encryption.</exception>
    public static void Write(Span<byte> message, byte value)
        => message[Find(message) ?? throw new InvalidDataException("A prelogin without a word on encryption.")] = value;

    private static int? Find(ReadOnlySpan<byte> message)
    {
        for (var at = 0; at + OptionBytes <= message.Length && message[at] != End; at += OptionBytes)
        {
            if (message[at] != Encryption) continue;
            var (offset, length) = (BinaryPrimitives.ReadUInt16BigEndian(message[(at + 1)..]), BinaryPrimitives.ReadUInt16BigEndian(message[(at + 3)..]));
            return length >= 1 && offset < message.Length ? offset : throw new InvalidDataException("A prelogin that points beyond itself.");
        }

        return null;
    }
}
