using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Authentication;
using DataSync.Platform.Http.OpenApi;
using DataSync.Platform.Http.Requests;
using DataSync.Platform.Tenancy;
using DataSync.Privacy.Subjects.Finding;
using DataSync.Privacy.Subjects.Stores;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DataSync.Privacy.Subjects.Access;

/// <summary><c>POST /api/privacy/subjects/export</c>: everything stored of a subject.</summary>
internal static class ExportEndpoint
{
    public static void Map(RouteGroupBuilder subjects)
        => subjects.MapPost("/export", Handle).RequireScope(ApiScope.Privacy).AuditsAccess("privacy.export", "subject").WithApi(
            "Everything stored of a subject",
            "Streams lines of JSON (`application/jsonl`), one for each record, refused record, result of an enricher, delivery and other thing that is about the subject, with its `kind`, its place and the document as it is stored. "
            + "Records that files alone hold are read out of these (`exported_records`; out of CSV as texts), tasks are read at their Label Studio. What cannot be read is a line that names it with `not_given`: of Parquet and COCO the job and the file alone, of a server that is away the job. "
            + "The last line has the kind `end`, the number of lines before it, and `complete`: false where anything has `not_given`. Without it the answer was cut off.",
            SubjectBody.Example, responseType: "application/jsonl");

    private static IResult Handle(HttpContext context, Body<SubjectBody> body, Caller caller, IEnumerable<IHoldsSubjects> stores, TenantDatabase database)
    {
        context.Response.Headers.CacheControl = "no-store";
        var search = new SubjectSearch(caller.Tenant, new SubjectMatch(body.Value.Subject));
        return Results.Stream(stream => WriteAsync(search, new SubjectWriter(database, stream), stores, context.RequestAborted), "application/jsonl");
    }

    /// <summary>Writes all of it, and the end.</summary>
    internal static async Task WriteAsync(SubjectSearch search, SubjectWriter writer, IEnumerable<IHoldsSubjects> stores, CancellationToken ct)
    {
        foreach (var store in stores.OrderBy(s => s.Order)) await store.WriteAsync(search, writer, ct);
        await writer.WriteAsync("end", [("lines", writer.Lines), ("complete", writer.IsComplete)], (byte[]?)null, ct);
    }
}
