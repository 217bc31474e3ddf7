using System.Collections.Concurrent;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Push;
using DataSync.Platform.Tenancy.Regions;
using DataSync.Sources;

namespace DataSync.Jobs.Webhooks.Receive;

/// <summary>
/// Sources at hand, their secrets opened and their doors made, for a second at a time. That there is no such source is at hand as well, for as long as its tenant's configuration
/// stays what it was: asking for one again and again costs the database nothing. Whether there is anything behind a name that nothing is known of is asked for many at once
/// (<see cref="SourceNames"/>), and only what is there is looked up by itself, in places that made-up names never take: whoever makes up names can neither keep the database busy nor
/// hold up those who do not. What there is takes longer to look up than what there is not, so whoever is refused hears it no sooner than <see cref="Settling"/> after asking
/// (<see cref="SettleAsync"/>), whether anything had to be looked up or not.
/// </summary>
internal sealed class PushSources(SourceCache cache, SourceReader reader, SourceNames names, IEnumerable<IPushConnector> connectors, PushPlans plans, TenantRegions regions, TimeProvider time) : IDisposable
{
    private const int MostKept = 20_000, MostLooking = 8;
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1), Patience = TimeSpan.FromSeconds(2);

    /// <summary>More than a look-up takes.</summary>
    internal static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(50);
    private readonly ConcurrentDictionary<(string Tenant, string Source), Kept> _kept = new();
    private readonly IPushConnector _connector = connectors.Single();
    private readonly SemaphoreSlim _looking = new(MostLooking), _learning = new(MostLooking);
    private int _count;

    /// <summary>Refuses whatever is sent to nobody.</summary>
    public PushDoor Closed => _connector.Closed;

    /// <summary>Now, by the clock that <see cref="SettleAsync"/> goes by.</summary>
    public long Now => time.GetTimestamp();

    /// <summary>The source; null where there is none that takes deliveries.</summary>
    public async ValueTask<PushSource?> FindAsync(string tenantId, string sourceId)
    {
        var key = (tenantId, sourceId);
        if (_kept.TryGetValue(key, out var kept) && time.GetElapsedTime(kept.Since) < Fresh) return (await kept.Found.Value).Source;
        var next = new Kept(time.GetTimestamp(), new Lazy<Task<Found>>(() => LoadAsync(tenantId, sourceId, kept)));
        if (kept is null ? !_kept.TryAdd(key, next) : !_kept.TryUpdate(key, next, kept)) return await FindAsync(tenantId, sourceId);
        if (kept is null && Interlocked.Increment(ref _count) > MostKept) Forget(next);
        try
        {
            return (await next.Found.Value).Source;
        }
        catch
        {
            if (_kept.TryRemove(new KeyValuePair<(string, string), Kept>(key, next))) Interlocked.Decrement(ref _count);
            throw;
        }
    }

    /// <summary>Waits until nothing can be told any more from how long the look-up took.</summary>
    /// <param name="since"><see cref="Now"/>, as it was asked.</param>
    /// <param name="ct">Whoever asked has gone.</param>
    public Task SettleAsync(long since, CancellationToken ct)
        => Settling - time.GetElapsedTime(since) is { Ticks: > 0 } rest ? Task.Delay(rest, time, ct) : Task.CompletedTask;

    public void Dispose()
    {
        _looking.Dispose();
        _learning.Dispose();
    }

    private async Task<Found> LoadAsync(string tenantId, string sourceId, Kept? before)
    {
        var was = before is { Found.Value: { IsCompletedSuccessfully: true } task } ? await task : default;
        if (was.AbsentAt is { } generation && cache.IsUnchanged(tenantId, generation)) return was;
        if (was.Source is null && await AbsentAsync(tenantId, sourceId) is { } absent) return absent;
        using (await PlaceAsync(_looking)) return await LookAsync(tenantId, sourceId, was.Source);
    }

    /// <summary>That there is no such source; null where there is one. Of a tenant that is there it is known until something of it changes, of one that is not for a moment only.</summary>
    private async Task<Found?> AbsentAsync(string tenantId, string sourceId)
    {
        for (var isLast = false; ; isLast = true)
        {
            // looked at first: what is not there now may be there by the next one
            var generation = cache.GenerationAtHand(tenantId);
            var stands = await names.FindAsync(tenantId, sourceId);
            if (stands == NameStands.ForSource) return null;
            if (generation is not null || stands == NameStands.ForNothing || isLast) return new Found(null, generation);
            using (await PlaceAsync(_learning))
            {
                if (cache.GenerationAtHand(tenantId) is null) await cache.GenerationAsync(tenantId, CancellationToken.None);
            }
        }
    }

    private static async Task<IDisposable> PlaceAsync(SemaphoreSlim places)
        => await places.WaitAsync(Patience, CancellationToken.None) ? new Place(places) : throw new SyncFailureException(WebhookFailure.Busy);

    private async Task<Found> LookAsync(string tenantId, string sourceId, PushSource? known)
    {
        try
        {
            // asked for first: what is not there now may be there by the next one
            var generation = await cache.GenerationAsync(tenantId, CancellationToken.None);
            var config = await cache.FindAsync(tenantId, sourceId, CancellationToken.None);
            if (config is null || config.SourceType != SourceTypes.Webhook || !await regions.IsHereAsync(tenantId, CancellationToken.None)) return new Found(null, generation);
            if (known is not null && known.Id == config.Id && known.Version == config.Version) return new Found(known, null);
            var door = _connector.Open((await reader.OpenAsync(tenantId, sourceId, CancellationToken.None)).ConnectionParams) ?? Closed;
            var (mode, plan) = plans.Of(config);
            return new Found(new PushSource(tenantId, sourceId, config.Id, config.Version, config.IsActive, door, mode, plan), null);
        }
        catch (SyncFailureException e) when (e.Failure.MessageKey != WebhookFailure.Busy.MessageKey)
        {
            return default; // gone meanwhile, or its secrets do not open, which the log tells: nothing can be checked
        }
    }

    /// <summary>Too many: what is not there goes first, the old before the new, then what nobody asked for lately, and where that is not enough everything.</summary>
    private void Forget(Kept newest)
    {
        Remove(kept => kept.IsAbsent && time.GetElapsedTime(kept.Since) >= Fresh);
        if (Volatile.Read(ref _count) > MostKept) Remove(kept => kept.IsAbsent);
        if (Volatile.Read(ref _count) > MostKept) Remove(kept => time.GetElapsedTime(kept.Since) >= Fresh);
        if (Volatile.Read(ref _count) <= MostKept) return;
        _kept.Clear();
        Interlocked.Exchange(ref _count, 0);

        void Remove(Func<Kept, bool> which)
        {
            foreach (var (key, kept) in _kept)
            {
                if (kept != newest && which(kept) && _kept.TryRemove(new KeyValuePair<(string, string), Kept>(key, kept))) Interlocked.Decrement(ref _count);
            }
        }
    }

    /// <summary>What a look-up came to.</summary>
    /// <param name="Source">The source; null where there is none.</param>
    /// <param name="AbsentAt">The tenant's generation at which there was none; null where there is one, or where that cannot be known.</param>
    private readonly record struct Found(PushSource? Source, long? AbsentAt);

    private sealed class Place(SemaphoreSlim places) : IDisposable
    {
        public void Dispose() => places.Release();
    }

    private sealed record Kept(long Since, Lazy<Task<Found>> Found)
    {
        public bool IsAbsent => Found is { IsValueCreated: true, Value: { IsCompletedSuccessfully: true, Result.Source: null } };
    }
}
