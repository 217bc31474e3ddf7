using System.Security.Cryptography;
using DataSync.Pipeline.Push;
using DataSync.Platform.Http.Security;

namespace DataSync.Extract.Push.Signatures;

/// <summary>
/// Judges requests by HMAC-SHA256 over the very bytes that came. Whatever a request is refused for, and whether anybody has the door, as much is computed: two keys (one nobody
/// knows stands in where a source has but one), and every comparison, each in constant time.
/// </summary>
/// <param name="keys">One or two active keys.</param>
/// <param name="read">Reads what a request claims.</param>
/// <param name="tolerance">How far its time may be from ours, before or after; null where the scheme has no time.</param>
/// <param name="reply">See <see cref="ISignatureScheme.ReplyTo"/>.</param>
/// <param name="time">The clock.</param>
internal sealed class SignedDoor(IReadOnlyList<byte[]> keys, ReadClaim read, TimeSpan? tolerance, Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>?> reply, TimeProvider time)
{
    private readonly KeyedHash _first = new(keys.Count > 0 ? keys[0] : RandomNumberGenerator.GetBytes(32));
    private readonly KeyedHash _second = new(keys.Count > 1 ? keys[1] : RandomNumberGenerator.GetBytes(32));

    public PushVerdict Judge(PushRequest request)
    {
        var claim = read(request);
        var fits = Fits(_first, claim, request.Body.Span) | Fits(_second, claim, request.Body.Span);
        var inTime = tolerance is not { } most || (claim.SignedAt is { } signed && (time.GetUtcNow() - signed).Duration() <= most);

        // Only who is let in is named: a scheme whose senders give ids would hash less than one without, and so tell itself from a door that nobody has.
        return keys.Count > 0 && fits && inTime ? new PushVerdict(true, IdentityOf(claim, request.Body.Span), claim.Id, reply(request.Body)) : PushVerdict.Refused;
    }

    private static bool Fits(KeyedHash key, SignatureClaim claim, ReadOnlySpan<byte> body)
    {
        Span<byte> expected = stackalloc byte[KeyedHash.Bytes];
        key.Compute(claim.Prefix.Span, body, claim.Suffix.Span, expected);
        var fits = false;
        foreach (var signature in claim.Signatures) fits |= CryptographicOperations.FixedTimeEquals(expected, signature);
        return fits;
    }

    /// <summary>The sender's id; without one, a hash of what was signed. The first byte keeps the two apart.</summary>
    private static byte[] IdentityOf(SignatureClaim claim, ReadOnlySpan<byte> body)
    {
        if (claim.Id is { } id) return [1, .. SignatureText.Bytes(id)];
        var identity = new byte[33];
        identity[0] = 2;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(claim.Prefix.Span);
        hash.AppendData(body);
        hash.AppendData(claim.Suffix.Span);
        hash.GetHashAndReset(identity.AsSpan(1));
        return identity;
    }
}
