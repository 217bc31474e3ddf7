using System.Collections.Concurrent;
using System.Data.Common;
using DataSync.Platform.Caching;
using DataSync.Platform.Persistence;
using Microsoft.Extensions.Logging;

namespace DataSync.Platform.Tenancy.Settings;

/// <summary>
/// A tenant's settings for whoever needs them at every request: without asking anybody while the tenant's configuration is known to be what it was. They are not worth an error or a wait:
/// where the database does not answer, those that were known last hold for a while, and where none were, what holds for all tenants.
/// </summary>
internal sealed partial class TenantSettingsAtHand(ConfigurationCache cache, TenantSettingsStore store, TimeProvider time, ILogger<TenantSettingsAtHand> logger)
{
    private const int MostKept = 20_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>A process's first reading makes EF Core's model, which takes longer than any other reading may.</summary>
    private static readonly TimeSpan FirstPatience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, Kept> _kept = new(StringComparer.Ordinal);
    private int _count;
    private bool _hasRead;
    private long _pausedUntil = long.MinValue;

    /// <summary>The settings, never to be changed by who gets them; null where they are not known.</summary>
    public async ValueTask<TenantSettings?> OfAsync(string tenantId, CancellationToken ct)
    {
        var kept = _kept.GetValueOrDefault(tenantId);
        if (kept is not null && cache.IsUnchanged(tenantId, kept.Generation)) return kept.Settings;
        if (time.GetTimestamp() < Volatile.Read(ref _pausedUntil)) return kept?.Settings;
        using var limit = new CancellationTokenSource(_hasRead ? Patience : FirstPatience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ct);
        try
        {
            // asked for first: what is read may be newer than its number says, never older
            var generation = await cache.GenerationAsync(tenantId, both.Token);
            var settings = await cache.GetAsync("settings", tenantId, "", async token => (TenantSettings?)await store.GetAsync(tenantId, token), both.Token);
            _hasRead = true;
            if (settings is not null && generation is { } number) Keep(tenantId, new Kept(number, settings));
            return settings;
        }
        catch (Exception e) when (!ct.IsCancellationRequested && (e is OperationCanceledException or DbException || DatabaseUnavailable.Caused(e)))
        {
            Volatile.Write(ref _pausedUntil, time.GetTimestamp() + (long)(Pause.TotalSeconds * time.TimestampFrequency));
            Log.Unknown(logger, e.GetType().Name);
            return kept?.Settings;
        }
    }

    private void Keep(string tenantId, Kept kept)
    {
        if (_kept.TryAdd(tenantId, kept))
        {
            if (Interlocked.Increment(ref _count) <= MostKept) return;
            _kept.Clear(); // so many tenants at one process are read again, which takes a moment each
            Interlocked.Exchange(ref _count, 0);
            return;
        }

        _kept[tenantId] = kept;
    }

    private sealed record Kept(long Generation, TenantSettings Settings);

    private static partial class Log
    {
        [LoggerMessage(1705, LogLevel.Warning, "A tenant's settings could not be read ({Reason}); what was known last holds for a while, or what holds for all tenants")]
        public static partial void Unknown(ILogger logger, string reason);
    }
}
