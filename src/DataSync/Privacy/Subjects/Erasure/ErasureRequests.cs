using System.Text.Json;
using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Authentication;
using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;

namespace DataSync.Privacy.Subjects.Erasure;

/// <summary>Requests to erase, in the database.</summary>
internal sealed class ErasureRequests(TenantDatabase database, SubjectSeal seal, TimeProvider time)
{
    private const int ExportsShown = 1000;

    /// <summary>Notes a request; a worker finds it. The subject is sealed before it is stored.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="subject">Whom to erase.</param>
    /// <param name="workId">Names the work of a repeatable request: where it was noted before, that is the answer.</param>
    /// <param name="ct">Ends the wait.</param>
    public async Task<ErasureView> AddAsync(Caller caller, Subject subject, Guid? workId, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(caller.Tenant, ct);
        if (workId is { } made && await transaction.Db.Set<PrivacyRequest>().AsNoTracking().SingleOrDefaultAsync(r => r.Id == made, ct) is { } known) return ErasureView.Of(known, [], 0);
        var (now, id) = (time.GetUtcNow(), workId ?? Guid.CreateVersion7(time.GetUtcNow()));
        var request = new PrivacyRequest
        {
            TenantId = caller.Tenant,
            Id = id,
            Subject = await seal.SealAsync(transaction, id, subject.ToUtf8(), ct),
            SubjectHash = await seal.HashAsync(transaction, subject, ct),
            CreatedBy = caller.Subject,
            CreatedAt = now,
        };
        transaction.Db.Add(request);
        await transaction.Db.SaveChangesAsync(ct);
        await transaction.CommitChangeAsync(ct, id.ToString("D"));
        return ErasureView.Of(request, [], 0);
    }

    /// <summary>The request and what became of it; null where this tenant has none of that id.</summary>
    public async Task<ErasureView?> FindAsync(string tenantId, Guid id, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(tenantId, ct);
        if (await transaction.Db.Set<PrivacyRequest>().AsNoTracking().SingleOrDefaultAsync(r => r.Id == id, ct) is not { } request) return null;
        var exports = transaction.Db.Set<PrivacyExport>().AsNoTracking().Where(e => e.RequestId == id && e.Outcome != PrivacyExport.None && e.Outcome != PrivacyExport.Awaited);
        return ErasureView.Of(request, await exports.OrderBy(e => e.JobId).Take(ExportsShown).ToListAsync(ct), await exports.LongCountAsync(ct));
    }

    /// <summary>A hash to compare with receipts.</summary>
    public Task<string> HashAsync(string tenantId, Subject subject, CancellationToken ct) => database.RunAsync(tenantId, t => seal.HashAsync(t, subject, ct), ct);
}

/// <summary>A request as it is shown; once it is over, its receipt.</summary>
internal sealed record ErasureView(
    Guid RequestId, string Status, string SubjectHash, IReadOnlyDictionary<string, long> Erased, IReadOnlyList<ErasedExport> Exports, long ExportCount, int Attempts, string? Failure,
    string CreatedBy, DateTimeOffset CreatedAt, DateTimeOffset? StartedAt, DateTimeOffset? CompletedAt)
{
    public static ErasureView Of(PrivacyRequest request, IReadOnlyList<PrivacyExport> exports, long count) => new(
        request.Id, request.Status, request.SubjectHash, JsonSerializer.Deserialize<SortedDictionary<string, long>>(request.Counts)!,
        [.. exports.Select(e => new ErasedExport(e.JobId, e.Outcome, JsonSerializer.Deserialize<string[]>(e.Files)!, e.DoneAt))], count, request.Attempts, request.Failure,
        request.CreatedBy, request.CreatedAt, request.StartedAt, request.CompletedAt);
}

/// <summary>The files of a job that held the subject.</summary>
internal sealed record ErasedExport(Guid JobId, string Outcome, IReadOnlyList<string> Files, DateTimeOffset? DoneAt);
