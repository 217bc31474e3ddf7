using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;

namespace DataSync.Platform.Http.Security;

/// <summary>Bytes with an HMAC-SHA256, as one base64url text: readable by its owner, changeable by nobody. The first key signs, all open.</summary>
internal sealed class SignedPayload(IReadOnlyList<byte[]> keys)
{
    private const int TagBytes = 32;

    /// <summary>The signed text.</summary>
    /// <param name="payload">What to sign.</param>
    /// <param name="context">What the text is bound to without holding it (a tenant, a list).</param>
    public string Sign(ReadOnlySpan<byte> payload, ReadOnlySpan<byte> context)
        => Base64Url.EncodeToString([.. HMACSHA256.HashData(keys[0], Message(payload, context)), .. payload]);

    /// <summary>The payload, or null if the text was not signed by us for this context.</summary>
    public byte[]? Open(string text, ReadOnlySpan<byte> context)
    {
        if (!Base64Url.IsValid(text, out var length) || length < TagBytes) return null;
        var bytes = Base64Url.DecodeFromChars(text);
        var payload = bytes[TagBytes..];
        var message = Message(payload, context);
        foreach (var key in keys)
            if (CryptographicOperations.FixedTimeEquals(HMACSHA256.HashData(key, message), bytes.AsSpan(0, TagBytes))) return payload;
        return null;
    }

    /// <summary>The context's length goes first, so that no two pairs of context and payload are the same bytes.</summary>
    private static byte[] Message(ReadOnlySpan<byte> payload, ReadOnlySpan<byte> context)
    {
        var message = new byte[sizeof(int) + context.Length + payload.Length];
        BinaryPrimitives.WriteInt32LittleEndian(message, context.Length);
        context.CopyTo(message.AsSpan(sizeof(int)));
        payload.CopyTo(message.AsSpan(sizeof(int) + context.Length));
        return message;
    }
}
