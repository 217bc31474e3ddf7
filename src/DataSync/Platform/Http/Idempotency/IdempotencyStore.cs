namespace DataSync.Platform.Http.Idempotency;

/// <summary>What a key stands for: one operation of one tenant.</summary>
/// <param name="Tenant">The caller's tenant.</param>
/// <param name="Operation">Method and raw path.</param>
/// <param name="Key">The header's text, 1 to 255 printable ASCII characters.</param>
internal sealed record KeyedOperation(string Tenant, string Operation, string Key);

/// <summary>An answer as it is given again.</summary>
internal sealed record StoredAnswer(int Status, string? ContentType, string? Location, ReadOnlyMemory<byte> Body, string? ETag = null);

/// <summary>What came of a claim.</summary>
internal abstract record IdempotencyClaim
{
    private IdempotencyClaim() { }

    /// <summary>
    /// The caller does the work; the id is the right to end the claim, and the name of the work: whoever takes the same request over, because its
    /// process died or failed between doing the work and keeping the answer, gets the same id and finds what was done under it.
    /// </summary>
    internal sealed record Claimed(Guid ClaimId) : IdempotencyClaim;

    /// <summary>The same request is being worked on.</summary>
    internal sealed record InProgress : IdempotencyClaim;

    /// <summary>The key was used with another request.</summary>
    internal sealed record Mismatch : IdempotencyClaim;

    /// <summary>The work was done; this was the answer.</summary>
    internal sealed record Done(StoredAnswer Answer) : IdempotencyClaim;
}

/// <summary>
/// Keeps claims and answers where all API processes see them. A claim whose process died is taken over after <see cref="ClaimLease"/>; an answer is kept
/// for <see cref="Keep"/>. <see cref="CompleteAsync"/> and <see cref="ReleaseAsync"/> do nothing unless the claim is still the one of that id.
/// </summary>
internal abstract class IdempotencyStore
{
    public static readonly TimeSpan Keep = TimeSpan.FromHours(24);
    public static readonly TimeSpan ClaimLease = TimeSpan.FromMinutes(5);

    /// <summary>Atomically: claims a free key, or tells what it is used for.</summary>
    /// <param name="key">The key.</param>
    /// <param name="fingerprints">Keyed hashes of the request (32 bytes), one a master key, the current one first; a request that has none of them is a mismatch.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public abstract Task<IdempotencyClaim> ClaimAsync(KeyedOperation key, IReadOnlyList<byte[]> fingerprints, CancellationToken cancellationToken);

    /// <summary>The answer that is kept for this very request; null where there is none. Claims nothing.</summary>
    public abstract Task<StoredAnswer?> FindAsync(KeyedOperation key, IReadOnlyList<byte[]> fingerprints, CancellationToken cancellationToken);

    /// <summary>Keeps the answer for repeats.</summary>
    public abstract Task CompleteAsync(KeyedOperation key, Guid claimId, StoredAnswer answer, CancellationToken cancellationToken);

    /// <summary>Ends the claim without an answer: the next try does the work, under the same id where it is the same request.</summary>
    public abstract Task ReleaseAsync(KeyedOperation key, Guid claimId, CancellationToken cancellationToken);
}
