using System.Collections.Concurrent;
using DataSync.Platform.Http.Idempotency;

namespace DataSync.Tests.Platform.Http;

/// <summary>Keeps keys in memory, for the filter's tests.</summary>
internal sealed class MemoryIdempotencyStore(TimeProvider time) : IdempotencyStore
{
    private readonly ConcurrentDictionary<KeyedOperation, Entry> _entries = new();

    public override Task<IdempotencyClaim> ClaimAsync(KeyedOperation key, IReadOnlyList<byte[]> fingerprints, CancellationToken cancellationToken)
    {
        var mine = new Entry(Guid.CreateVersion7(time.GetUtcNow()), fingerprints[0], null, time.GetUtcNow());
        var now = time.GetUtcNow();
        var held = _entries.AddOrUpdate(key, mine, (_, old) => now - old.At > (old.Answer is null ? ClaimLease : Keep) ? mine : old);
        IdempotencyClaim claim = held.Id == mine.Id ? new IdempotencyClaim.Claimed(mine.Id)
            : !fingerprints.Any(f => held.Fingerprint.AsSpan().SequenceEqual(f)) ? new IdempotencyClaim.Mismatch()
            : held.Answer is null ? new IdempotencyClaim.InProgress() : new IdempotencyClaim.Done(held.Answer);
        return Task.FromResult(claim);
    }

    public override Task<StoredAnswer?> FindAsync(KeyedOperation key, IReadOnlyList<byte[]> fingerprints, CancellationToken cancellationToken)
        => Task.FromResult(_entries.TryGetValue(key, out var held) && fingerprints.Any(f => held.Fingerprint.AsSpan().SequenceEqual(f)) ? held.Answer : null);

    public override Task CompleteAsync(KeyedOperation key, Guid claimId, StoredAnswer answer, CancellationToken cancellationToken)
    {
        if (_entries.TryGetValue(key, out var entry) && entry.Id == claimId) _entries[key] = entry with { Answer = answer };
        return Task.CompletedTask;
    }

    public override Task ReleaseAsync(KeyedOperation key, Guid claimId, CancellationToken cancellationToken)
    {
        if (_entries.TryGetValue(key, out var entry) && entry.Id == claimId) _entries.TryRemove(key, out _);
        return Task.CompletedTask;
    }

    private sealed record Entry(Guid Id, byte[] Fingerprint, StoredAnswer? Answer, DateTimeOffset At);
}
