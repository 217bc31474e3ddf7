using DataSync.Pipeline.Incremental;
using DataSync.Platform.Persistence;
using DataSync.Platform.Tenancy;

namespace DataSync.Sources.Slots;

/// <summary>Whether syncs of a source use the slot that its server may keep for it.</summary>
internal sealed class SlotUse(SourceStore store, TenantDatabase database)
{
    /// <summary>How the source is followed as far as anything is stored (null for nothing), and whether a job may be using a slot, or about to make one. Seen at one moment: a job that ends leaves the state in the same commit.</summary>
    private const string Sql =
        $"""
        SELECT (SELECT coalesce(replace(s.state_data::text, {StoredJson.Nul})::json ->> 'method', 'cursor') FROM sync_state s WHERE s.source_id = $1),
            EXISTS (SELECT 1 FROM sync_jobs j WHERE j.source_id = $1 AND j.sync_type = 'incremental' AND j.status IN ('queued', 'running', 'waiting'))
        """;

    /// <summary>True where no sync follows the server's log any more, and none is under way.</summary>
    public async Task<bool> IsGivenUpAsync(string tenantId, string sourceId, CancellationToken ct)
    {
        if (await store.GetAsync(tenantId, sourceId, ct) is not { } source) return false;
        var (method, isOpen) = await AskAsync(tenantId, sourceId, ct);
        return !isOpen && (TrackedTable.Of(source) is not (_, null) || (method is not null && method != TrackingMethods.Log));
    }

    /// <summary>True where nobody will use what is kept at a place: its source is gone, or is still what it was when it was found to have left.</summary>
    /// <param name="left">The place.</param>
    /// <param name="version">Of the source as it was found; null where it was gone.</param>
    /// <param name="mayBeUsed">Whether a sync that is under way may be using the place by another name.</param>
    /// <param name="ct">Ends the look.</param>
    public async Task<bool> IsLeftAsync(SlotRelease left, int? version, bool mayBeUsed, CancellationToken ct)
    {
        // one that was registered anew under the same id has another mark, and a slot of its own
        if (await store.GetAsync(left.TenantId, left.SourceId, ct) is not { } now || now.Mark != left.Mark) return true;
        return now.Version == version && !(mayBeUsed && (await AskAsync(left.TenantId, left.SourceId, ct)).IsOpen);
    }

    private async Task<(string? Method, bool IsOpen)> AskAsync(string tenantId, string sourceId, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(tenantId, ct);
        await using var command = transaction.Command(Sql, sourceId);
        await using var row = await command.ExecuteReaderAsync(ct);
        await row.ReadAsync(ct);
        return (await row.IsDBNullAsync(0, ct) ? null : row.GetString(0), row.GetBoolean(1));
    }
}
