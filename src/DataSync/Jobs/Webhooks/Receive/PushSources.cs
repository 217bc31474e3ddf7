using System.Collections.Concurrent;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Push;
using DataSync.Sources;

namespace DataSync.Jobs.Webhooks.Receive;

/// <summary>
/// Sources at hand, their secrets opened and their doors made, for a second at a time; that there is no such source is kept as long, so that asking for one costs the same whether
/// it exists or not. How many look for one at once is bounded: whoever makes up names cannot keep the database busy. What there is takes longer to look up than what there is not, so
/// who is refused hears it no sooner than <see cref="Settling"/> after the look-up began (<see cref="SettleAsync"/>).
/// </summary>
internal sealed class PushSources(SourceCache cache, SourceReader reader, IEnumerable<IPushConnector> connectors, PushPlans plans, TimeProvider time) : IDisposable
{
    private const int MostKept = 20_000, MostAsking = 8;
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1), Patience = TimeSpan.FromSeconds(2);

    /// <summary>More than a look-up takes.</summary>
    internal static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(50);
    private readonly ConcurrentDictionary<(string Tenant, string Source), Kept> _kept = new();
    private readonly IPushConnector _connector = connectors.Single();
    private readonly SemaphoreSlim _asking = new(MostAsking);
    private int _count;

    /// <summary>Refuses whatever is sent to nobody.</summary>
    public PushDoor Closed => _connector.Closed;

    /// <summary>The source, none where there is none that takes deliveries, and when its look-up began.</summary>
    public async ValueTask<FoundSource> FindAsync(string tenantId, string sourceId)
    {
        var key = (tenantId, sourceId);
        if (_kept.TryGetValue(key, out var kept) && time.GetElapsedTime(kept.Since) < Fresh) return new FoundSource(await kept.Source.Value, kept.Since);
        var next = new Kept(time.GetTimestamp(), new Lazy<Task<PushSource?>>(() => LoadAsync(tenantId, sourceId, kept)));
        if (kept is null ? !_kept.TryAdd(key, next) : !_kept.TryUpdate(key, next, kept)) return await FindAsync(tenantId, sourceId);
        if (kept is null && Interlocked.Increment(ref _count) > MostKept) Forget(next);
        try
        {
            return new FoundSource(await next.Source.Value, next.Since);
        }
        catch
        {
            if (_kept.TryRemove(new KeyValuePair<(string, string), Kept>(key, next))) Interlocked.Decrement(ref _count);
            throw;
        }
    }

    /// <summary>Waits until nothing can be told any more from how long the look-up took.</summary>
    public Task SettleAsync(FoundSource found, CancellationToken ct)
        => Settling - time.GetElapsedTime(found.Since) is { Ticks: > 0 } rest ? Task.Delay(rest, time, ct) : Task.CompletedTask;

    public void Dispose() => _asking.Dispose();

    private async Task<PushSource?> LoadAsync(string tenantId, string sourceId, Kept? before)
    {
        if (!await _asking.WaitAsync(Patience, CancellationToken.None)) throw new SyncFailureException(WebhookFailure.Busy);
        try
        {
            var known = before is { Source.Value: { IsCompletedSuccessfully: true } task } ? await task : null;
            var config = await cache.FindAsync(tenantId, sourceId, CancellationToken.None);
            if (config is null || config.SourceType != SourceTypes.Webhook) return null;
            if (known is not null && known.Id == config.Id && known.Version == config.Version) return known;
            var door = _connector.Open((await reader.OpenAsync(tenantId, sourceId, CancellationToken.None)).ConnectionParams) ?? Closed;
            var (mode, plan) = plans.Of(config);
            return new PushSource(tenantId, sourceId, config.Id, config.Version, config.IsActive, door, mode, plan);
        }
        catch (SyncFailureException e) when (e.Failure.MessageKey != WebhookFailure.Busy.MessageKey)
        {
            return null; // gone meanwhile, or its secrets do not open, which the log tells: nothing can be checked
        }
        finally
        {
            _asking.Release();
        }
    }

    /// <summary>Too many: what is old goes, and where that is not enough, all but the newest.</summary>
    private void Forget(Kept newest)
    {
        foreach (var (key, kept) in _kept)
        {
            if (kept != newest && time.GetElapsedTime(kept.Since) >= Fresh && _kept.TryRemove(new KeyValuePair<(string, string), Kept>(key, kept))) Interlocked.Decrement(ref _count);
        }

        if (Volatile.Read(ref _count) <= MostKept) return;
        _kept.Clear();
        Interlocked.Exchange(ref _count, 0);
    }

    private sealed record Kept(long Since, Lazy<Task<PushSource?>> Source);
}
