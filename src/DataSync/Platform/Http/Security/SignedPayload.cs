using System.Buffers.Text;
using System.Security.Cryptography;

namespace DataSync.Platform.Http.Security;

/// <summary>Bytes with an HMAC-SHA256, as one base64url text: readable by its owner, changeable by nobody.</summary>
internal sealed class SignedPayload(byte[] key)
{
    private const int TagBytes = 32;

    /// <summary>The signed text.</summary>
    /// <param name="payload">What to sign.</param>
    /// <param name="context">What the text is bound to without holding it (a tenant, a list).</param>
    public string Sign(ReadOnlySpan<byte> payload, ReadOnlySpan<byte> context)
    {
        var text = new byte[TagBytes + payload.Length];
        Tag(payload, context).CopyTo(text, 0);
        payload.CopyTo(text.AsSpan(TagBytes));
        return Base64Url.EncodeToString(text);
    }

    /// <summary>The payload, or null if the text was not signed by us for this context.</summary>
    public byte[]? Open(string text, ReadOnlySpan<byte> context)
    {
        if (!Base64Url.IsValid(text, out var length) || length < TagBytes) return null;
        var bytes = Base64Url.DecodeFromChars(text);
        var payload = bytes[TagBytes..];
        return CryptographicOperations.FixedTimeEquals(Tag(payload, context), bytes.AsSpan(0, TagBytes)) ? payload : null;
    }

    private byte[] Tag(ReadOnlySpan<byte> payload, ReadOnlySpan<byte> context)
    {
        // the context's length goes first, so that no two pairs of context and payload are the same bytes
        var message = new byte[sizeof(int) + context.Length + payload.Length];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(message, context.Length);
        context.CopyTo(message.AsSpan(sizeof(int)));
        payload.CopyTo(message.AsSpan(sizeof(int) + context.Length));
        return HMACSHA256.HashData(key, message);
    }
}
