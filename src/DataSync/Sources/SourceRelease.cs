using System.Text.Json;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Incremental;
using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace DataSync.Sources;

/// <summary>
/// Has a server give up what it keeps for following a source that was deleted, or that reads from another server now. A server that does not answer hinders nothing: the log says that
/// something was left there.
/// </summary>
internal sealed partial class SourceRelease(
    SourceStore store, SourceStates states, SourceReader reader, ConnectorCatalog connectors, TenantDatabase database, TimeProvider time, ILogger<SourceRelease> logger)
{
    /// <summary>A caller waits so long for the source's servers at most.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Members that say which database a source reads from.</summary>
    private static readonly string[] Place = ["driver", "host", "port", "database"];

    /// <summary>What its server may keep something for: a source whose changes were followed, or that had an incremental sync which may have begun to. Null for any other.</summary>
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
    public async Task DeletedAsync(FollowedSource source)
    {
        if (await FailureAsync(token => source.Connector.ReleaseAsync(source.Connection, source.Last, token)) is { } key) Log.NotReleased(logger, key);
    }

    /// <summary>The source was replaced. Where it goes to another place that cannot go on from the old one's record of changes, the old one gives that up; where nobody can tell, it is left.</summary>
    /// <param name="before">As it was.</param>
    /// <param name="now">As it is stored.</param>
    public async Task ReplacedAsync(FollowedSource before, DataSourceConfig now)
    {
        var place = JsonElement.Parse(now.ConnectionParams);
        if (now.SourceType == SourceTypes.Database && Place.All(m => Text(place, m) == Text(before.Connection.ConnectionParams, m))) return;
        var key = await FailureAsync(async token =>
        {
            if (!await GoesOnAsync(before, now, token)) await before.Connector.ReleaseAsync(before.Connection, before.Last, token);
        });
        if (key is not null) Log.LeftBehind(logger, key);
    }

    /// <summary>True where the new place turns out to be the old one by another name.</summary>
    private async Task<bool> GoesOnAsync(FollowedSource before, DataSourceConfig now, CancellationToken ct)
    {
        if (before.Last is null || TrackedTable.Of(now) is not ({ } table, null)) return false;
        var connection = await reader.OpenStoredAsync(now.TenantId, now.SourceId, ct);
        if (connection.Driver != before.Connection.Driver) return false;
        var request = new ReadRequest { Table = table, StatementTimeout = Patience };
        var offer = await before.Connector.OfferAsync(connection, request, ct);
        return offer.IsAvailable && !(await before.Connector.PlanAsync(connection, request, offer, before.Last, ct)).Everything;
    }

    private async Task<bool> HadIncrementalAsync(string tenantId, string sourceId, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(tenantId, ct);
        return await transaction.Db.Database.SqlQuery<bool>(
            $"SELECT EXISTS (SELECT 1 FROM sync_jobs WHERE source_id = {sourceId} AND sync_type = 'incremental') AS \"Value\"").SingleAsync(ct);
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
        catch (OperationCanceledException)
        {
            return "errors.connection.timeout";
        }
    }

    private static string Text(JsonElement parameters, string member) => parameters.TryGetProperty(member, out var value) ? value.ToString() : "";

    private static partial class Log
    {
        [LoggerMessage(1012, LogLevel.Warning, "A source was deleted, but what its server keeps for following its changes was left there: {ErrorKey}. The undo of its tracking setup takes it away")]
        public static partial void NotReleased(ILogger logger, string errorKey);

        [LoggerMessage(1831, LogLevel.Warning, "What a source's server keeps for following its changes will be left there, since the source cannot be opened: {ErrorKey}. The undo of its tracking setup takes it away")]
        public static partial void NotOpened(ILogger logger, string errorKey);

        [LoggerMessage(1830, LogLevel.Warning, "A source reads from another server now, but what the old one keeps for following its changes was left there: {ErrorKey}. The undo of its tracking setup takes it away")]
        public static partial void LeftBehind(ILogger logger, string errorKey);
    }
}

/// <summary>A source whose server may keep something for it.</summary>
/// <param name="Connector">Its connector.</param>
/// <param name="Connection">Where that is kept.</param>
/// <param name="Last">As in <see cref="ITracksChanges.PlanAsync"/>.</param>
internal sealed record FollowedSource(ITracksChanges Connector, SourceConnection Connection, JsonElement? Last);
