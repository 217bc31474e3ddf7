using System.Text.Json;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Incremental;
using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace DataSync.Sources.Slots;

/// <summary>Has servers give up what they kept for sources that are not there any more: again and again until they have, or until nobody can hope for it.</summary>
internal sealed partial class SlotReleases(SourceStore store, SourceReader reader, SourceRelease release, ConnectorCatalog connectors, TenantDatabase database, TimeProvider time, ILogger<SlotReleases> logger)
{
    /// <summary>A server that has not answered for so long is left to its owner, and its credentials are forgotten.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(30);

    /// <summary>Tries one that is due.</summary>
    public async Task TryAsync(string tenantId, Guid id, CancellationToken ct)
    {
        if (await database.RunAsync(tenantId, t => t.Db.Set<SlotRelease>().AsNoTracking().SingleOrDefaultAsync(r => r.Id == id, ct), ct) is not { } left) return;
        var key = await FailureAsync(left, ct);
        if (key is null || time.GetUtcNow() - left.CreatedAt > Longest)
        {
            if (key is not null) Log.Forgotten(logger, left.SourceId, key);
            await release.ForgetAsync(left, ct);
            return;
        }

        Log.Repeated(logger, left.SourceId, key);
    }

    /// <summary>Why the server still keeps it; null where it does not, or the source has come back to it.</summary>
    private async Task<string?> FailureAsync(SlotRelease left, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(SourceProbe.Limit, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ct);
        try
        {
            var before = left.Source();
            if (connectors.Find(SourceTypes.DriverOf(before.SourceType, JsonElement.Parse(before.ConnectionParams))) is not ITracksChanges connector) return null;
            if (await reader.OpenAsync(before, both.Token) is not { } connection) return "errors.encryption.unreadable";
            JsonElement? last = left.Last is { } text ? JsonElement.Parse(text) : null;
            var followed = new FollowedSource(connector, connection, last);
            var now = await store.GetAsync(left.TenantId, left.SourceId, both.Token);
            var isThere = now is not null && now.Mark == left.Mark;
            var moved = !isThere ? SourceMove.AnotherPlace : SourceRelease.IsSamePlace(before, now!) ? SourceMove.SamePlace : await release.MovedAsync(followed, now!, both.Token);
            if (moved == SourceMove.SamePlace) return null;
            return await release.LeaveAsync(followed, left, now?.Version, moved, both.Token).WaitAsync(both.Token) ? null : SourceFailure.ChangedKey;
        }
        catch (SyncFailureException e)
        {
            return e.Failure.MessageKey;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return "errors.connection.timeout";
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2100, LogLevel.Warning, "What a server kept for following the former source {SourceId} is still there: {ErrorKey}; tried again")]
        public static partial void Repeated(ILogger logger, string sourceId, string errorKey);

        [LoggerMessage(2101, LogLevel.Error, "What a server kept for following the former source {SourceId} was left there after 30 days: {ErrorKey}. Its owner must drop the slot")]
        public static partial void Forgotten(ILogger logger, string sourceId, string errorKey);
    }
}
