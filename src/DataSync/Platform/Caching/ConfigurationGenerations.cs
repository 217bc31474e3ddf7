using System.Collections.Concurrent;
using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;

namespace DataSync.Platform.Caching;

/// <summary>
/// What this process knows of each tenant's generation. It knows something only while it hears every change: from the moment it listens, and for
/// <see cref="Trust"/> after the last proof that the line still works. So a process that was cut off, paused or starved trusts nothing it kept.
/// </summary>
internal sealed class ConfigurationGenerations(TenantDatabase database, TimeProvider time)
{
    /// <summary>How long a proof that the line works is good for: the longest that a change can go unnoticed.</summary>
    public static readonly TimeSpan Trust = TimeSpan.FromMilliseconds(1800);

    private const int MaxTenants = 100_000;

    /// <summary>Null while nobody listens. A new one is begun rather than emptied: a number that was asked for before goes into the old one.</summary>
    private volatile Book? _book;

    private long _proven;

    /// <summary>The tenant's generation, at least as new as any change that was committed <see cref="Trust"/> ago; null where this process cannot know.</summary>
    public async ValueTask<long?> OfAsync(string tenantId, CancellationToken ct)
    {
        if (_book is not { } book || time.GetElapsedTime(Volatile.Read(ref _proven)) > Trust) return null;
        if (book.Known.TryGetValue(tenantId, out var known)) return known;
        await using var transaction = await database.BeginAsync(tenantId, ct);
        return book.Learn(tenantId, await ReadAsync(transaction, ct));
    }

    /// <summary>The same where it is known without asking; null where it is not.</summary>
    public long? AtHand(string tenantId)
        => _book is { } book && time.GetElapsedTime(Volatile.Read(ref _proven)) <= Trust && book.Known.TryGetValue(tenantId, out var known) ? known : null;

    /// <summary>The generation inside a transaction; after a change of its own, the number that the commit will make known.</summary>
    public static async Task<long> ReadAsync(TenantTransaction transaction, CancellationToken ct)
        => (await transaction.Db.Set<ConfigurationGeneration>().AsNoTracking().SingleOrDefaultAsync(ct))?.Generation ?? 0;

    /// <summary>The tenant has come to a generation: told by the line, or by a commit of this process. An older number changes nothing.</summary>
    public void Learn(string tenantId, long generation)
    {
        if (_book is not { } book) return;
        book.Learn(tenantId, generation);
        if (book.Size > MaxTenants) Interlocked.CompareExchange(ref _book, new Book(), book);
    }

    /// <summary>From now on every change is heard; what was known before may be old.</summary>
    /// <param name="since">A moment, by the clock's timestamp, before the line was asked and answered.</param>
    public void Begin(long since)
    {
        Volatile.Write(ref _proven, since);
        _book = new Book();
    }

    /// <summary>The line worked: it was asked at <paramref name="asked"/>, and what was told before the answer has been learnt.</summary>
    public void Prove(long asked) => Volatile.Write(ref _proven, asked);

    /// <summary>Nobody listens any more.</summary>
    public void End() => _book = null;

    private sealed class Book
    {
        private int _size;

        public ConcurrentDictionary<string, long> Known { get; } = new(StringComparer.Ordinal);

        /// <summary>Counted here: a concurrent dictionary's own count stops everybody.</summary>
        public int Size => Volatile.Read(ref _size);

        public long Learn(string tenantId, long generation)
        {
            if (Known.TryAdd(tenantId, generation))
            {
                Interlocked.Increment(ref _size);
                return generation;
            }

            return Known.AddOrUpdate(tenantId, generation, (_, known) => Math.Max(known, generation));
        }
    }
}
