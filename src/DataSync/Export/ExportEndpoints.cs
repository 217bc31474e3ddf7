using DataSync.Pipeline;
using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Authentication;
using DataSync.Platform.Http.Errors;
using DataSync.Platform.Http.OpenApi;
using DataSync.Platform.Http.Paging;
using DataSync.Platform.Http.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DataSync.Export;

/// <summary>The exported files of a job: their list, and each as a download that can be resumed.</summary>
[ApiTag("Exports", "The files a job wrote: listed, fetched, linked to, and checked.")]
internal static class ExportEndpoints
{
    private const string File = """
        {"name":"data-00001.json","format":"json","bytes":48211,"records":100,"sha256":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08","path":"demo/019f0000-0000-7000-8000-000000000001/data-00001.json"}
        """;

    private const string AgainFile = """
        {"name":"019f0000-0000-7000-8000-000000000002.data.csv","format":"csv","bytes":39102,"records":100,"sha256":"2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae","path":"demo/019f0000-0000-7000-8000-000000000002/data.csv"}
        """;

    public static void MapExports(this IEndpointRouteBuilder endpoints)
    {
        var jobs = endpoints.MapApiGroup("/api/sync/jobs/{job_id}", "Exports");
        jobs.MapGet("/exports", ListAsync).RequireScope(ApiScope.SyncRead).NotAudited("Names and sums of files are shown, and no record.").WithApi(
            "Exported files", "The files of a finished export with records, bytes and SHA-256, a page at a time, `SHA256SUMS` and `manifest.json` last; none before the export is finished. "
            + "Behind them, in the same way, those of each job that exported this one again: their names begin with that job's id and a dot.",
            response: $$"""{"items":[{{File}},{{AgainFile}}],"next_cursor":null}""");
        jobs.MapGet("/exports/{name}", DownloadAsync).RequireScope(ApiScope.SyncRead).AuditsAccess("export.download", "job", "job_id", "name").WithApi(
            "Download a file", "The bytes of one file, under the media type of its format and compression. Answers range requests; the ETag is the file's SHA-256.", responseType: "*/*")
            .WithOtherAnswer("The range that was asked for", null, StatusCodes.Status206PartialContent).WithOtherAnswer("As the caller has it already", null, StatusCodes.Status304NotModified)
            .WithRefusal(StatusCodes.Status416RangeNotSatisfiable, "The file has no such range.")
            .WithMetadata(new PathParameterShape("name", "The file's name, as the list gives it."));
    }

    [Answers<Page<ExportedFile>>]
    private static async Task<IResult> ListAsync(
        Caller caller, RouteGuid jobId, Query<ExportFilter> filter, JobExists exists, ExportListing listing, CursorCodec cursors, CancellationToken ct)
    {
        if (!await exists(caller.Tenant, jobId.Value, ct)) return Problem.NotFound();
        var page = filter.Value.Page;
        var shown = await listing.ReadAsync(caller.Tenant, jobId.Value, page.After is [var last] ? last : null, ct).Take(page.Fetch).ToListAsync(ct);
        return TypedResults.Ok(cursors.Page(caller, page, shown, file => [file.Name]));
    }

    private static async Task<IResult> DownloadAsync(Caller caller, RouteGuid jobId, string name, JobExists exists, ExportListing listing, ExportFiles files, CancellationToken ct)
    {
        if (!await exists(caller.Tenant, jobId.Value, ct) || await listing.PlaceAsync(caller.Tenant, jobId.Value, name, ct) is not { } place) return Problem.NotFound();
        if (await files.OpenAsync(caller.Tenant, place.Job, place.Name, ct) is not { } download) return Problem.NotFound();
        return download.Answer();
    }
}

/// <summary>Which files.</summary>
internal sealed record ExportFilter(PageRequest Page) : IRequestQuery<ExportFilter>
{
    public static ExportFilter Read(QueryReader query) => new(query.Page("exports"));
}
