using System.Text.Json;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Incremental;
using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace DataSync.Sources;

/// <summary>
/// Deletes sources, and afterwards has their servers give up what they keep for following changes. A server that does not answer hinders nothing: the source is
/// deleted, and the log says that something was left there.
/// </summary>
internal sealed partial class SourceRemoval(
    SourceStore store, SourceStates states, SourceReader reader, ConnectorCatalog connectors, TenantDatabase database, TimeProvider time, ILogger<SourceRemoval> logger)
{
    /// <summary>A caller waits so long for the source's server at most.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>As <see cref="SourceStore.DeleteAsync"/>.</summary>
    public async Task DeleteAsync(string tenantId, string sourceId, Func<int, bool> expected, CancellationToken ct)
    {
        var followed = await FollowedAsync(tenantId, sourceId, ct);
        await store.DeleteAsync(tenantId, sourceId, expected, ct);
        if (followed is var (connector, connection, last)) await ReleaseAsync(connector, connection, last);
    }

    /// <summary>What its server may keep something for: a source whose changes were followed, or that had an incremental sync which may have begun to.</summary>
    private async Task<(ITracksChanges Connector, SourceConnection Connection, JsonElement? Last)?> FollowedAsync(string tenantId, string sourceId, CancellationToken ct)
    {
        if (await store.GetAsync(tenantId, sourceId, ct) is not { SourceType: SourceTypes.Database } source) return null;
        if (connectors.Find(SourceTypes.DriverOf(source.SourceType, JsonElement.Parse(source.ConnectionParams))) is not ITracksChanges connector) return null;
        var last = await states.FindAsync(tenantId, sourceId, ct) is { StateData: { } stored } ? NextOf(JsonElement.Parse(stored)) : null;
        if (last is null && !await HadIncrementalAsync(tenantId, sourceId, ct)) return null;
        try
        {
            return (connector, await reader.OpenStoredAsync(tenantId, sourceId, ct), last);
        }
        catch (SyncFailureException e)
        {
            Log.NotReleased(logger, e.Failure.MessageKey);
            return null;
        }
    }

    private async Task<bool> HadIncrementalAsync(string tenantId, string sourceId, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(tenantId, ct);
        return await transaction.Db.Database.SqlQuery<bool>(
            $"SELECT EXISTS (SELECT 1 FROM sync_jobs WHERE source_id = {sourceId} AND sync_type = 'incremental') AS \"Value\"").SingleAsync(ct);
    }

    /// <summary>The source is gone already, so whoever asked cannot call this off.</summary>
    private async Task ReleaseAsync(ITracksChanges connector, SourceConnection connection, JsonElement? last)
    {
        using var limit = new CancellationTokenSource(Patience, time);
        try
        {
            await connector.ReleaseAsync(connection, last, limit.Token).WaitAsync(limit.Token);
        }
        catch (SyncFailureException e)
        {
            Log.NotReleased(logger, e.Failure.MessageKey);
        }
        catch (OperationCanceledException)
        {
            Log.NotReleased(logger, "errors.connection.timeout");
        }
    }

    private static JsonElement? NextOf(JsonElement state)
        => state.ValueKind == JsonValueKind.Object && state.TryGetProperty("kind", out var kind) && kind.ValueEquals("changes") && state.TryGetProperty("next", out var next) ? next : null;

    private static partial class Log
    {
        [LoggerMessage(1012, LogLevel.Warning, "A source was deleted, but what its server keeps for following its changes was left there: {ErrorKey}. The undo of its tracking setup takes it away")]
        public static partial void NotReleased(ILogger logger, string errorKey);
    }
}
