using System.Text.Json.Nodes;
using DataSync.Pipeline;
using DataSync.Platform.Tenancy;

namespace DataSync.Privacy.Subjects.Stores;

/// <summary>
/// Lets jobs that ended before they were complete begin again, should somebody retry them, where going on would need what an erasure takes away. The engine removes what is stored first.
/// Read and written here, as a position may hold what PostgreSQL's JSON refuses to read.
/// </summary>
internal static class BegunAgain
{
    /// <summary>Those that were reading begin again; those that had read everything go on.</summary>
    public static Task MarkAsync(TenantTransaction transaction, string tenantId, IReadOnlyList<Guid> jobs, CancellationToken ct) => MarkAsync(transaction, tenantId, jobs, ["resume"], ct);

    /// <summary>All begin with reading, as what they stored is gone. Files that an earlier walk exported are gone, too, or count for nothing without the rest. Jobs that export others again have nothing to read, and stay as they are.</summary>
    public static Task FromNothingAsync(TenantTransaction transaction, string tenantId, IReadOnlyList<Guid> jobs, CancellationToken ct)
        => MarkAsync(transaction, tenantId, jobs, ["resume", "state", "enrichments", "exported"], ct);

    private static async Task MarkAsync(TenantTransaction transaction, string tenantId, IReadOnlyList<Guid> jobs, string[] forgets, CancellationToken ct)
    {
        List<(Guid Job, string Checkpoint)> found = [];
        await using (var read = transaction.Command("SELECT id, checkpoint::text FROM sync_jobs WHERE tenant_id = $1 AND id = ANY ($2) AND status IN ('failed', 'cancelled') AND ($3 = 1 OR export_of IS NULL) FOR UPDATE", tenantId, jobs.ToArray(), forgets.Length))
        await using (var rows = await read.ExecuteReaderAsync(ct))
        {
            while (await rows.ReadAsync(ct)) found.Add((rows.GetGuid(0), rows.GetString(1)));
        }

        foreach (var (job, checkpoint) in found)
        {
            await using var update = transaction.Command("UPDATE sync_jobs SET checkpoint = $3::json WHERE tenant_id = $1 AND id = $2", tenantId, job, Of(checkpoint, forgets));
            await update.ExecuteNonQueryAsync(ct);
        }
    }

    private static string Of(string checkpoint, string[] forgets)
    {
        var json = JsonNode.Parse(checkpoint)!.AsObject();
        foreach (var name in forgets) json[name] = null;
        if (forgets.Length > 1) json["stage"] = Stages.Extract;
        return json.ToJsonString(Redaction.Exact);
    }
}
