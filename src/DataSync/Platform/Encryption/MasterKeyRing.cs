using System.Security.Cryptography;

namespace DataSync.Platform.Encryption;

/// <summary>Master keys given by the environment or a file. The first wraps, all unwrap; wrapped is <c>nonce12 | ciphertext | tag16</c>.</summary>
internal sealed class MasterKeyRing(IReadOnlyList<MasterKey> keys) : IKeyWrapper
{
    private const int NonceLength = 12;
    private const int TagLength = 16;

    public string WrappingKeyId => keys.Count > 0 ? keys[0].Id : throw new InvalidOperationException("No usable master key: the start should have been refused.");

    public bool Knows(string masterKeyId) => Find(masterKeyId) is not null;

    public ValueTask<byte[]> WrapAsync(ReadOnlyMemory<byte> dataKey, ReadOnlyMemory<byte> context, CancellationToken ct)
    {
        var wrapped = new byte[NonceLength + dataKey.Length + TagLength];
        var nonce = wrapped.AsSpan(0, NonceLength);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(Find(WrappingKeyId)!.Key, TagLength);
        aes.Encrypt(nonce, dataKey.Span, wrapped.AsSpan(NonceLength, dataKey.Length), wrapped.AsSpan(NonceLength + dataKey.Length), context.Span);
        return ValueTask.FromResult(wrapped);
    }

    public ValueTask UnwrapAsync(string masterKeyId, ReadOnlyMemory<byte> wrapped, ReadOnlyMemory<byte> context, Memory<byte> dataKey, CancellationToken ct)
    {
        var key = Find(masterKeyId) ?? throw new CryptographicException("The master key is not among those given.");
        if (wrapped.Length != NonceLength + dataKey.Length + TagLength) throw new CryptographicException("A wrapped key has the wrong length.");
        var bytes = wrapped.Span;
        using var aes = new AesGcm(key.Key, TagLength);
        aes.Decrypt(bytes[..NonceLength], bytes[NonceLength..^TagLength], bytes[^TagLength..], dataKey.Span, context.Span);
        return ValueTask.CompletedTask;
    }

    public override string ToString() => string.Join(", ", keys);

    private MasterKey? Find(string id) => keys.FirstOrDefault(k => string.Equals(k.Id, id, StringComparison.Ordinal));
}
