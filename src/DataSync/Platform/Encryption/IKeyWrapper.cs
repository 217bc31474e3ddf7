namespace DataSync.Platform.Encryption;

/// <summary>
/// Who holds the master keys (extension point: the environment or a file now, a cloud's key service later). The master keys never leave it:
/// it wraps and unwraps the tenants' data keys. <c>context</c> says whose key it is and must be given again to unwrap.
/// </summary>
internal interface IKeyWrapper
{
    /// <summary>The master key that wraps from now on.</summary>
    string WrappingKeyId { get; }

    /// <summary>True if what this master key wrapped can be unwrapped.</summary>
    bool Knows(string masterKeyId);

    ValueTask<byte[]> WrapAsync(ReadOnlyMemory<byte> dataKey, ReadOnlyMemory<byte> context, CancellationToken ct);

    /// <summary>Fills <paramref name="dataKey"/>.</summary>
    /// <exception cref="System.Security.Cryptography.CryptographicException">The master key is unknown, or the bytes or their context were changed.</exception>
    ValueTask UnwrapAsync(string masterKeyId, ReadOnlyMemory<byte> wrapped, ReadOnlyMemory<byte> context, Memory<byte> dataKey, CancellationToken ct);
}
