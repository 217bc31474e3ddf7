using DataSync.Pipeline;
using DataSync.Platform.Authentication;
using DataSync.Platform.Http.Errors;
using DataSync.Platform.Http.OpenApi;
using DataSync.Platform.Http.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace DataSync.Export;

/// <summary>The files of a job's export.</summary>
internal static class ExportEndpoints
{
    private const string ListExample = """
        {"items":[{"name":"data.jsonl","format":"jsonl","bytes":4660000,"records":10000,"sha256":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
          "path":"acme/019f0000-0000-7000-8000-000000000000/data.jsonl"}],"next_cursor":null}
        """;

    public static void MapExports(this IEndpointRouteBuilder endpoints)
    {
        var jobs = endpoints.MapApiGroup("/api/sync/jobs/{job_id}/exports", "Exports");
        jobs.MapGet("", ListAsync).RequireScope(ApiScope.SyncRead).WithApi(
            "Exported files", "Each with its bytes, records and SHA-256; the manifest last. None until the export has ended.", response: ListExample);
        jobs.MapGet("/{file_name}", DownloadAsync).RequireScope(ApiScope.SyncRead).WithApi(
            "Download a file", "Supports range requests; the `ETag` is the file's SHA-256.", responseType: "application/octet-stream");
    }

    private static async Task<IResult> ListAsync(Caller caller, JobId jobId, JobExists exists, ExportFiles files, CancellationToken ct)
        => await exists(caller.Tenant, jobId.Value, ct)
            ? TypedResults.Ok(new ExportList(await files.ListAsync(caller.Tenant, jobId.Value, ct), null))
            : Problem.NotFound();

    private static async Task<IResult> DownloadAsync(HttpContext context, Caller caller, JobId jobId, RouteId fileName, JobExists exists, ExportFiles files, CancellationToken ct)
    {
        if (!await exists(caller.Tenant, jobId.Value, ct)) return Problem.NotFound();
        if (await files.OpenAsync(caller.Tenant, jobId.Value, fileName.Value, ct) is not { } download) return Problem.NotFound();
        context.Response.RegisterForDisposeAsync(download);
        return TypedResults.Stream(download.Content, download.ContentType, download.File.Name, entityTag: new EntityTagHeaderValue($"\"{download.File.Sha256}\""), enableRangeProcessing: true);
    }
}

/// <summary>The list of files; all in one page, since a job has few formats and the manifest names every page.</summary>
internal sealed record ExportList(IReadOnlyList<ExportedFile> Items, string? NextCursor);
