using DataSync.Platform.Tenancy;
using DataSync.Privacy.Subjects.Access;
using DataSync.Privacy.Subjects.Erasure;

namespace DataSync.Privacy.Subjects.Stores;

/// <summary>
/// Hashes of values that an unfinished job keeps for its retry, to know repeats by. They lie beside their key, so that whoever has them may try values; whose they are cannot be told otherwise. Those of
/// jobs that have ended go, whoever is erased, and a retry begins again.
/// </summary>
internal sealed class SeenStore(TenantDatabase database) : IHoldsSubjects
{
    private const int Page = 100;

    public string Phase => "seen";

    public int Order => 15;

    /// <summary>Nothing that could be told to be the subject's.</summary>
    public Task CountAsync(SubjectSearch search, CancellationToken ct) => Task.CompletedTask;

    /// <summary>Nothing that anybody could read.</summary>
    public Task WriteAsync(SubjectSearch search, SubjectWriter writer, CancellationToken ct) => Task.CompletedTask;

    public async Task EraseAsync(ErasureWork work, CancellationToken ct)
    {
        while (true)
        {
            await using var transaction = await database.BeginAsync(work.TenantId, ct);
            List<Guid> jobs = [];
            await using (var find = transaction.Command(
                "SELECT DISTINCT s.job_id FROM sync_seen_values s WHERE s.tenant_id = $1 AND NOT EXISTS (SELECT FROM sync_jobs j WHERE j.tenant_id = $1 AND j.id = s.job_id AND j.completed_at IS NULL) LIMIT $2",
                work.TenantId, Page))
            await using (var rows = await find.ExecuteReaderAsync(ct))
            {
                while (await rows.ReadAsync(ct)) jobs.Add(rows.GetGuid(0));
            }

            if (jobs.Count == 0) return;
            await BegunAgain.MarkAsync(transaction, work.TenantId, jobs, ct);
            await using (var delete = transaction.Command("DELETE FROM sync_seen_values WHERE tenant_id = $1 AND job_id = ANY ($2)", work.TenantId, jobs.ToArray())) await delete.ExecuteNonQueryAsync(ct);
            await work.CommitAsync(transaction, null, ct);
        }
    }
}
