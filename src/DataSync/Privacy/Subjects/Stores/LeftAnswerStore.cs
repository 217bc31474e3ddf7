using DataSync.Platform.Tenancy;
using DataSync.Privacy.Subjects.Access;
using DataSync.Privacy.Subjects.Erasure;

namespace DataSync.Privacy.Subjects.Stores;

/// <summary>
/// Answers of language models to records that retention took first. They are found by their records alone, and need not name whom they are about; whose they are cannot be told any more. Those that were given until the last
/// such job ended go, whoever is erased: what one of them says of a record that is stored still is asked for, and paid for, once more.
/// </summary>
internal sealed class LeftAnswerStore(TenantDatabase database) : IHoldsSubjects
{
    private const int Chunk = 5000;

    /// <summary>An answer that was on its way when its job was cancelled is kept a little later.</summary>
    private static readonly TimeSpan Late = TimeSpan.FromHours(1);

    public string Phase => "left_answers";

    public int Order => 45;

    /// <summary>Nothing that could be told to be the subject's.</summary>
    public Task CountAsync(SubjectSearch search, CancellationToken ct) => Task.CompletedTask;

    /// <summary>What names the subject is given out with the other answers. Whose the rest is nobody can tell, and what is somebody else's is given to nobody.</summary>
    public Task WriteAsync(SubjectSearch search, SubjectWriter writer, CancellationToken ct) => Task.CompletedTask;

    public async Task EraseAsync(ErasureWork work, CancellationToken ct)
    {
        if (await UntilAsync(work.TenantId, ct) is not { } until) return;
        for (var done = Chunk; done == Chunk;)
        {
            await using var transaction = await database.BeginAsync(work.TenantId, ct);
            await using (var delete = transaction.Command(
                "DELETE FROM ai_answers a USING (SELECT key FROM ai_answers WHERE tenant_id = $1 AND created_at <= $2 LIMIT $3) o WHERE a.tenant_id = $1 AND a.key = o.key", work.TenantId, until + Late, Chunk))
            {
                done = await delete.ExecuteNonQueryAsync(ct);
            }

            await work.CommitAsync(transaction, null, ct);
        }
    }

    /// <summary>When the last job ended of whose records retention took some; null where there is none. One that is being retried makes answers anew.</summary>
    private async Task<DateTimeOffset?> UntilAsync(string tenantId, CancellationToken ct)
    {
        await using var batch = await database.BatchAsync(tenantId, durable: false, ct);
        batch.Add("SELECT max(completed_at) FROM sync_jobs WHERE tenant_id = $1 AND retired_at IS NOT NULL", tenantId);
        await using var row = await batch.ReadAsync(ct);
        return await row.ReadAsync(ct) && !await row.IsDBNullAsync(0, ct) ? await row.GetFieldValueAsync<DateTimeOffset>(0, ct) : null;
    }
}
