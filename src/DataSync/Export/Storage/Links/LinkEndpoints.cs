using DataSync.Pipeline;
using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Authentication;
using DataSync.Platform.Http.Errors;
using DataSync.Platform.Http.Json;
using DataSync.Platform.Http.OpenApi;
using DataSync.Platform.Http.Requests;
using DataSync.Platform.Tenancy.Regions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DataSync.Export.Storage.Links;

/// <summary>Links to exported files, for those who have no token: made for one file and a time, fetched by whoever holds one.</summary>
internal static class LinkEndpoints
{
    private const string Path = "/api/exports/links/";

    private const string Example = """
        {"url":"/api/exports/links/q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJAAAAAAaVW5AAGfAAAAAHAAgAAAAAAAAAEAAAAEZGVtb2RhdGEuY3N2","expires_at":"2026-01-01T01:00:00Z"}
        """;

    public static void MapExportLinks(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapApiGroup("/api/sync/jobs/{job_id}", "Exports").MapPost("/exports/{name}/link", SignAsync).RequireScope(ApiScope.SyncRead).AuditsAccess("export.link", "job", "job_id", "name").WithApi(
            "Make a link to a file",
            "A link that needs no token: whoever holds it can fetch this one file until it expires (`expires_in_seconds`: 1 to 604,800, by default 3600). It cannot be called back before. `url` is a path below this API's address.",
            """{"expires_in_seconds":3600}""", Example)
            .WithMetadata(new PathParameterShape("name", "The file's name, as the list gives it."));
        endpoints.MapApiGroup("/api/exports", "Exports").MapGet("/links/{link}", FetchAsync).AllowAnonymous().AuditsAccess("export.fetch", "job").WithApi(
            "Fetch a linked file", "The bytes of the file that a link was made for; no token. Answers range requests. 404, always the same, for a link that is wrong or has expired.", responseType: "*/*")
            .WithOtherAnswer("The range that was asked for", null, StatusCodes.Status206PartialContent).WithOtherAnswer("As the caller has it already", null, StatusCodes.Status304NotModified)
            .WithRefusal(StatusCodes.Status416RangeNotSatisfiable, "The file has no such range.")
            .WithMetadata(new PathParameterShape("link", "What stands in the link's `url`."));
    }

    [Answers<LinkAnswer>]
    private static async Task<IResult> SignAsync(
        Caller caller, RouteGuid jobId, string name, Body<LinkBody> body, JobExists exists, ExportListing listing, ExportFiles files, DownloadLinks links, TimeProvider time, CancellationToken ct)
    {
        if (!await exists(caller.Tenant, jobId.Value, ct)) return Problem.NotFound();
        if (await listing.PlaceAsync(caller.Tenant, jobId.Value, name, ct) is not { } place) return Problem.NotFound();
        if ((await files.ListAsync(caller.Tenant, place.Job, ct)).All(f => !string.Equals(f.Name, place.Name, StringComparison.Ordinal))) return Problem.NotFound();
        var expires = DateTimeOffset.FromUnixTimeSeconds(time.GetUtcNow().ToUnixTimeSeconds() + body.Value.ExpiresInSeconds);
        return TypedResults.Ok(new LinkAnswer(Path + links.Sign(new LinkedFile(caller.Tenant, place.Job, place.Name, expires)), expires));
    }

    private static async Task<IResult> FetchAsync(string link, HttpContext context, DownloadLinks links, TenantRegions regions, ExportFiles files, CancellationToken ct)
    {
        if (links.Open(link) is not { } file || !await regions.IsHereAsync(file.TenantId, ct) || await files.OpenAsync(file.TenantId, file.JobId, file.Name, ct) is not { } download) return Problem.NotFound();
        AuditTrail.ByLink(file.TenantId, file.JobId.ToString("D"), file.Name);
        context.Response.Headers.CacheControl = "private, no-store";
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        return download.Answer();
    }
}

/// <summary>The body of a request for a link.</summary>
internal sealed record LinkBody(int ExpiresInSeconds) : IRequestBody<LinkBody>
{
    private const int Usual = 3600, Longest = 604_800;

    public static LinkBody Read(JsonObjectReader json) => new(json.OptionalInt("expires_in_seconds", 1, Longest) ?? Usual);
}

/// <summary>A link, and until when it holds.</summary>
internal sealed record LinkAnswer(string Url, DateTimeOffset ExpiresAt);
