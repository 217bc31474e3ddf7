using System.Globalization;
using DataSync.Pipeline;
using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Authentication;
using DataSync.Platform.Http.Errors;
using DataSync.Platform.Http.Json;
using DataSync.Platform.Http.OpenApi;
using DataSync.Platform.Http.Paging;
using DataSync.Platform.Http.Requests;
using DataSync.Platform.Tenancy;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace DataSync.Process;

/// <summary>What enrichers made of a job's records, a page at a time.</summary>
internal static class EnrichmentEndpoints
{
    private const string Enrichment = """
        {"seq":7,"kind":"ai","outcome":"failed","problem":"invalid_answer","result":{"outcome":"failed","problem":"invalid_answer","model":"gpt-4"},"created_at":"2026-01-01T00:00:00Z"}
        """;

    public static void MapEnrichments(this IEndpointRouteBuilder endpoints)
        => endpoints.MapApiGroup("/api/sync/jobs/{job_id}", "Records").MapGet("/enrichments", ListAsync).RequireScope(ApiScope.SyncRead).AuditsAccess("enrichments.read", "job", "job_id").WithApi(
            "What enrichers made of records", "By kind and in the order of extraction; `outcome` leaves those that went so, such as `failed`. Records themselves stay as they were.",
            response: $$"""{"items":[{{Enrichment}}],"next_cursor":null}""");

    [Answers<Page<EnrichmentView>>]
    private static async Task<IResult> ListAsync(
        Caller caller, RouteGuid jobId, Query<EnrichmentFilter> filter, TenantDatabase database, JobExists exists, CursorCodec cursors, CancellationToken ct)
    {
        if (!await exists(caller.Tenant, jobId.Value, ct)) return Problem.NotFound();
        var (kind, outcome, page) = filter.Value;
        await using var transaction = await database.BeginAsync(caller.Tenant, ct);
        var made = transaction.Db.Set<StoredEnrichment>().AsNoTracking().Where(e => e.JobId == jobId.Value);
        if (kind is not null) made = made.Where(e => e.Kind == kind);
        if (outcome is not null) made = made.Where(e => e.Outcome == outcome);
        if (page.After is [var lastKind, var lastSeq])
        {
            var seq = long.Parse(lastSeq, CultureInfo.InvariantCulture);
            made = made.Where(e => e.Kind.CompareTo(lastKind) > 0 || (e.Kind == lastKind && e.Seq > seq));
        }

        var found = await made.OrderBy(e => e.Kind).ThenBy(e => e.Seq).Take(page.Fetch).ToListAsync(ct);
        var shown = cursors.Page(caller, page, found, e => [e.Kind, e.Seq.ToString(CultureInfo.InvariantCulture)]);
        return TypedResults.Ok(new Page<EnrichmentView>([.. shown.Items.Select(EnrichmentView.Of)], shown.NextCursor));
    }

    /// <summary>Which of them.</summary>
    internal sealed record EnrichmentFilter(string? Kind, string? Outcome, PageRequest Page) : IRequestQuery<EnrichmentFilter>
    {
        public static EnrichmentFilter Read(QueryReader query)
            => new(query.OptionalString("kind", "Only of this kind, such as `ai`.", 20), query.OptionalString("outcome", "Only those that went so.", 20), query.Page("enrichments"));
    }

    /// <summary>One of them as the API shows it.</summary>
    internal sealed record EnrichmentView(long Seq, string Kind, string Outcome, string? Problem, RawJson Result, DateTimeOffset CreatedAt)
    {
        public static EnrichmentView Of(StoredEnrichment made) => new(made.Seq, made.Kind, made.Outcome, made.Problem, new RawJson(made.Result), made.CreatedAt);
    }
}
