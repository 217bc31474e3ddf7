using System.Data.Common;
using System.Text.Json;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Incremental;
using DataSync.Platform.Tenancy;
using DataSync.Sources.Slots;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace DataSync.Sources;

/// <summary>
/// Has a server give up what it keeps for following a source that was deleted, reads from another server now, or is not followed any more. A server that does not answer hinders nothing: it is asked
/// again (<see cref="SlotReleases"/>, and for a source that is still there by the look at its slot).
/// </summary>
internal sealed partial class SourceRelease(
    SourceStore store, SourceStates states, SourceReader reader, ConnectorCatalog connectors, SlotUse use, TenantDatabase database, TimeProvider time, ILogger<SourceRelease> logger)
{
    /// <summary>A caller waits so long for the source's servers at most.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Members that say which database a source reads from.</summary>
    private static readonly string[] Place = ["driver", "host", "port", "database"];

    /// <summary>What its server may keep something for: a source whose changes were followed, or that had an incremental sync which may have begun to, or whose
    /// setup was shown, by which the customer may have made it. Null for any other.</summary>
    public async Task<FollowedSource?> FindAsync(string tenantId, string sourceId, CancellationToken ct)
    {
        if (await store.GetAsync(tenantId, sourceId, ct) is not { SourceType: SourceTypes.Database } source) return null;
        if (connectors.Find(SourceTypes.DriverOf(source.SourceType, JsonElement.Parse(source.ConnectionParams))) is not ITracksChanges connector) return null;
        var last = await states.FollowedAsync(tenantId, sourceId, ct);
        if (last is null && !await HadIncrementalAsync(tenantId, sourceId, ct)) return null;
        try
        {
            return new FollowedSource(connector, await reader.OpenStoredAsync(tenantId, sourceId, ct), last);
        }
        catch (SyncFailureException e)
        {
            Log.NotOpened(logger, e.Failure.MessageKey);
            return null;
        }
    }

    /// <summary>The source is gone already, so whoever asked cannot call this off.</summary>
    public async Task DeletedAsync(FollowedSource source, SlotRelease left)
    {
        var key = await FailureAsync(token => source.Connector.ReleaseAsync(source.Connection, source.Last, token));
        if (key is null) await ForgetAsync(left, CancellationToken.None);
        else Log.NotReleased(logger, key);
    }

    /// <summary>What a source that is about to be deleted, or to go elsewhere, leaves at its server.</summary>
    public SlotRelease Leaving(FollowedSource source, DataSourceConfig stored) => SlotRelease.Of(stored, source.Last, time.GetUtcNow(), Patience);

    /// <summary>Its server keeps nothing any more, or nobody can hope that it gives it up.</summary>
    public Task ForgetAsync(SlotRelease left, CancellationToken ct)
        => database.RunAsync(left.TenantId, t => t.Db.Set<SlotRelease>().Where(r => r.Id == left.Id).ExecuteDeleteAsync(ct), ct);

    /// <summary>From now on there may be a slot: the customer was shown how to make it.</summary>
    public async Task ExpectAsync(string tenantId, string sourceId, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(tenantId, ct);
        await transaction.Db.Database.ExecuteSqlAsync($"INSERT INTO source_slots (tenant_id, source_id) VALUES ({tenantId}, {sourceId}) ON CONFLICT DO NOTHING", ct);
        await transaction.CommitAsync(ct);
    }

    /// <summary>The source was replaced. Where it goes to another place that cannot go on from the old one's record of changes, the old one gives that up; where nobody can tell, it is left.</summary>
    /// <param name="before">As it was.</param>
    /// <param name="now">As it is stored.</param>
    /// <param name="left">What it left at another place; null where it reads from the same one.</param>
    public async Task ReplacedAsync(FollowedSource before, DataSourceConfig now, SlotRelease? left)
    {
        if (left is null && TrackedTable.Of(now) is (_, null)) return;
        if (left is null) await ExpectAsync(now.TenantId, now.SourceId, CancellationToken.None);
        var isOver = true;
        var key = await FailureAsync(async token =>
        {
            if (left is null) await before.Connector.ReleaseAsync(before.Connection, before.Last, token, t => use.IsGivenUpAsync(now.TenantId, now.SourceId, t));
            else isOver = await MovedAsync(before, now, token) is var moved && (moved == SourceMove.SamePlace || await LeaveAsync(before, left, now.Version, moved, token));
        });
        if (key is not null) Log.LeftBehind(logger, key);
        else if (left is not null && isOver) await ForgetAsync(left, CancellationToken.None);
    }

    /// <summary>Has a place that a source was found to have left give up what it keeps; false where the source may have come back to it since, or may be using it by another name: to be looked at again.</summary>
    /// <param name="followed">What was followed there.</param>
    /// <param name="left">The place.</param>
    /// <param name="version">Of the source as it was found; null where it was gone.</param>
    /// <param name="moved">Where it was found to have gone.</param>
    /// <param name="ct">Ends it.</param>
    public async Task<bool> LeaveAsync(FollowedSource followed, SlotRelease left, int? version, SourceMove moved, CancellationToken ct)
    {
        var isLeft = true;
        await followed.Connector.ReleaseAsync(followed.Connection, followed.Last, ct, async token => isLeft = await use.IsLeftAsync(left, version, mayBeUsed: moved != SourceMove.AnotherPlace, token));
        return isLeft;
    }

    /// <summary>True where a definition reads from the database that the source read from.</summary>
    public static bool IsSamePlace(DataSourceConfig before, SourceDefinition now) => IsSamePlace(before, now.SourceType, now.ConnectionParams);

    /// <summary>The same of two states of a source.</summary>
    public static bool IsSamePlace(DataSourceConfig before, DataSourceConfig now) => IsSamePlace(before, now.SourceType, JsonElement.Parse(now.ConnectionParams));

    private static bool IsSamePlace(DataSourceConfig before, string type, JsonElement place)
    {
        var was = JsonElement.Parse(before.ConnectionParams);
        return type == SourceTypes.Database && before.SourceType == type && Place.All(m => Text(place, m) == Text(was, m));
    }

    /// <summary>Whether the new place is the old one by another name: one of them goes on from what the other had come to. As long as there is no state since, nobody can say that it is not.</summary>
    public async Task<SourceMove> MovedAsync(FollowedSource before, DataSourceConfig now, CancellationToken ct)
    {
        if (TrackedTable.Of(now) is not ({ } table, null)) return SourceMove.AnotherPlace;
        var connection = await reader.OpenStoredAsync(now.TenantId, now.SourceId, ct);
        if (connection.Driver != before.Connection.Driver) return SourceMove.AnotherPlace;
        var request = new ReadRequest { Table = table, StatementTimeout = Patience };
        if (await IsKnownAsync(connection, before.Last)) return SourceMove.SamePlace;
        var since = await states.FollowedAsync(now.TenantId, now.SourceId, ct);
        if (since is not { } state || state.GetRawText() == before.Last?.GetRawText()) return SourceMove.Undecided;
        try
        {
            return await IsKnownAsync(before.Connection, state) ? SourceMove.SamePlace : SourceMove.AnotherPlace;
        }
        catch (SyncFailureException e) when (e.Failure.Kind == FailureKind.Permanent)
        {
            // a place that cannot answer for the table is none that the source goes on from
            return SourceMove.AnotherPlace;
        }

        async Task<bool> IsKnownAsync(SourceConnection place, JsonElement? last)
        {
            if (last is null) return false;
            var offer = await before.Connector.OfferAsync(place, request, ct);
            return offer.IsAvailable && !(await before.Connector.PlanAsync(place, request, offer, last, ct)).Everything;
        }
    }

    private async Task<bool> HadIncrementalAsync(string tenantId, string sourceId, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(tenantId, ct);
        return await transaction.Db.Database.SqlQuery<bool>(
            $"SELECT EXISTS (SELECT 1 FROM sync_jobs WHERE source_id = {sourceId} AND sync_type = 'incremental') OR EXISTS (SELECT 1 FROM source_slots WHERE source_id = {sourceId}) AS \"Value\"").SingleAsync(ct);
    }

    /// <summary>Why it could not be done; null where it could.</summary>
    private async Task<string?> FailureAsync(Func<CancellationToken, Task> work)
    {
        using var limit = new CancellationTokenSource(Patience, time);
        try
        {
            await work(limit.Token).WaitAsync(limit.Token);
            return null;
        }
        catch (SyncFailureException e)
        {
            return e.Failure.MessageKey;
        }
        catch (DbException)
        {
            return "errors.database.unavailable";
        }
        catch (OperationCanceledException)
        {
            return "errors.connection.timeout";
        }
    }

    private static string Text(JsonElement parameters, string member) => parameters.TryGetProperty(member, out var value) ? value.ToString() : "";

    private static partial class Log
    {
        [LoggerMessage(1012, LogLevel.Warning, "A source was deleted, but its server could not be asked to give up what it keeps for following it: {ErrorKey}. It is asked again")]
        public static partial void NotReleased(ILogger logger, string errorKey);

        [LoggerMessage(1831, LogLevel.Warning, "What a source's server keeps for following its changes will be left there, since the source cannot be opened: {ErrorKey}. The undo of its tracking setup takes it away")]
        public static partial void NotOpened(ILogger logger, string errorKey);

        [LoggerMessage(1830, LogLevel.Warning, "A source is not followed any more where it was, but that server could not be asked to give up what it keeps for it: {ErrorKey}. It is asked again")]
        public static partial void LeftBehind(ILogger logger, string errorKey);
    }
}

/// <summary>Where a source reads from, seen from where it read before.</summary>
internal enum SourceMove
{
    /// <summary>From the same place, maybe by another name.</summary>
    SamePlace,
    AnotherPlace,

    /// <summary>No sync has come to anything since.</summary>
    Undecided,
}

/// <summary>A source whose server may keep something for it.</summary>
/// <param name="Connector">Its connector.</param>
/// <param name="Connection">Where that is kept.</param>
/// <param name="Last">As in <see cref="ITracksChanges.PlanAsync"/>.</param>
internal sealed record FollowedSource(ITracksChanges Connector, SourceConnection Connection, JsonElement? Last);
