using System.Buffers.Binary;
using System.Text;

namespace DataSync.Platform.Encryption;

/// <summary>
/// Bytes that say what a ciphertext is and where it belongs. Every part carries its length, so no two lists of parts give the same bytes;
/// text that is no valid Unicode is refused, because two such texts could.
/// </summary>
internal static class AssociatedData
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Joins the parts.</summary>
    /// <param name="purpose">What kind of ciphertext: one kind never opens as another.</param>
    /// <param name="parts">Where it belongs.</param>
    public static byte[] Of(string purpose, params ReadOnlySpan<string> parts)
    {
        var length = sizeof(int) + Strict.GetByteCount(purpose);
        foreach (var part in parts) length += sizeof(int) + Strict.GetByteCount(part);
        var bytes = new byte[length];
        var rest = Put(bytes, purpose);
        foreach (var part in parts) rest = Put(rest, part);
        return bytes;
    }

    private static Span<byte> Put(Span<byte> into, string part)
    {
        var written = Strict.GetBytes(part, into[sizeof(int)..]);
        BinaryPrimitives.WriteInt32BigEndian(into, written);
        return into[(sizeof(int) + written)..];
    }
}
