namespace DataSync.Extract.Push.Signatures;

/// <summary>What a request claims: nothing of it is believed before a signature fits.</summary>
internal sealed record SignatureClaim
{
    /// <summary>Signatures that are looked at: a sender has two keys at most while it changes them, and a guesser may not have more tries.</summary>
    public const int MostSignatures = 8;

    public static SignatureClaim None { get; } = new();

    /// <summary>The signatures' bytes, 32 each.</summary>
    public IReadOnlyList<byte[]> Signatures { get; init; } = [];

    /// <summary>What is signed before the body.</summary>
    public ReadOnlyMemory<byte> Prefix { get; init; }

    /// <summary>What is signed after the body.</summary>
    public ReadOnlyMemory<byte> Suffix { get; init; }

    /// <summary>When it was signed.</summary>
    public DateTimeOffset? SignedAt { get; init; }

    /// <summary>The sender's id of the delivery.</summary>
    public string? Id { get; init; }
}
