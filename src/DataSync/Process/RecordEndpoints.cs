using DataSync.Pipeline;
using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Authentication;
using DataSync.Platform.Http.Errors;
using DataSync.Platform.Http.Json;
using DataSync.Platform.Http.OpenApi;
using DataSync.Platform.Http.Paging;
using DataSync.Platform.Http.Requests;
using DataSync.Platform.Tenancy;
using DataSync.Process.Async;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace DataSync.Process;

/// <summary>Stored records of a job, a page at a time.</summary>
[ApiTag("Records", "What a job has stored, what was refused, and what enrichers made of it.")]
internal static class RecordEndpoints
{
    private const string Record = """
        {"id":"019f0000-0000-7000-8000-000000000001","seq":1,"source_id":"orders-db","raw_data":{"amount":12.50},"refined_data":{"amount":12.50,"class":"small"},
         "metadata":{"tags":["checked"]},"sync_timestamp":"2026-01-01T00:00:00Z","processed_at":"2026-01-01T00:00:00Z"}
        """;

    public static void MapRecords(this IEndpointRouteBuilder endpoints)
    {
        var jobs = endpoints.MapApiGroup("/api/sync/jobs/{job_id}", "Records");
        jobs.MapGet("/records", RecordsAsync).RequireScope(ApiScope.SyncRead).AuditsAccess("records.read", "job", "job_id").WithApi(
            "Stored records", "In the order of extraction, by page, or those of `ids` (up to 1000, separated by commas). `refined_data` is null where refinement changed nothing.",
            response: $$"""{"items":[{{Record}}],"next_cursor":null}""");
    }

    [Answers<Page<RecordView>>]
    private static async Task<IResult> RecordsAsync(
        Caller caller, RouteGuid jobId, Query<RecordFilter> filter, TenantDatabase database, JobExists exists, CursorCodec cursors, CancellationToken ct)
    {
        if (!await exists(caller.Tenant, jobId.Value, ct)) return Problem.NotFound();
        var (ids, page) = filter.Value;
        await using var transaction = await database.BeginAsync(caller.Tenant, ct);
        var records = transaction.Db.Set<StoredRecord>().AsNoTracking().Where(r => r.JobId == jobId.Value);
        if (ids.Count > 0)
        {
            long[] wanted = [.. ids.Select(id => RecordId.TryGetSeq(jobId.Value, id, out var seq) ? seq : -1)];
            records = records.Where(r => wanted.Contains(r.Seq));
        }

        if (page.After is [var after])
        {
            var last = long.Parse(after, System.Globalization.CultureInfo.InvariantCulture);
            records = records.Where(r => r.Seq > last);
        }

        var found = await records.OrderBy(r => r.Seq).Take(page.Fetch).ToListAsync(ct);
        var shown = cursors.Page(caller, page, found, r => [r.Seq.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        return TypedResults.Ok(new Page<RecordView>([.. shown.Items.Select(RecordView.Of)], shown.NextCursor));
    }
}

/// <summary>Which records.</summary>
internal sealed record RecordFilter(IReadOnlyList<Guid> Ids, PageRequest Page) : IRequestQuery<RecordFilter>
{
    public static RecordFilter Read(QueryReader query)
    {
        // An id that is none names no record, and absent is what it then is.
        var ids = query.Strings("ids", "Only these records: up to 1000 ids, separated by commas.", 1000).Select(id => Guid.TryParseExact(id, "D", out var parsed) ? parsed : Guid.Empty).ToList();
        return new RecordFilter(ids, query.Page(ids.Count == 0 ? "records" : "records-by-id"));
    }
}

/// <summary>A stored record as the API shows it.</summary>
internal sealed record RecordView(
    Guid Id, long Seq, string SourceId, RawJson RawData, RawJson? RefinedData, RawJson? Metadata, DateTimeOffset SyncTimestamp, DateTimeOffset? ProcessedAt)
{
    public static RecordView Of(StoredRecord record) => new(
        record.Id, record.Seq, record.SourceId, new RawJson(record.RawData), record.Refined() is { } refined ? new RawJson(refined) : null,
        record.Metadata is null ? null : new RawJson(record.Metadata), record.SyncTimestamp, record.ProcessedAt);
}
