using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Authentication;
using DataSync.Platform.Http.Errors;
using DataSync.Platform.Http.Idempotency;
using DataSync.Platform.Http.OpenApi;
using DataSync.Platform.Http.Paging;
using DataSync.Platform.Http.Requests;
using DataSync.Platform.Localization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DataSync.Sources;

[ApiTag("Sources", "Where a tenant's records come from: databases, APIs and webhooks, with their sealed credentials.")]
internal static class SourcesEndpoints
{
    private const string RequestExample = """
        {"source_id":"orders-db","source_name":"Orders","source_type":"database",
         "connection_params":{"driver":"postgresql","host":"db.example.com","port":5432,"database":"shop","username":"reader","password":"s3cret"},
         "extraction_params":{"table":"public.orders","primary_key":["id"]},"sync":{"mode":"async"},"is_active":true}
        """;

    private const string AnswerExample = """
        {"source_id":"orders-db","source_name":"Orders","source_type":"database",
         "connection_params":{"driver":"postgresql","host":"db.example.com","port":5432,"database":"shop","username":"reader","password":"***"},
         "extraction_params":{"table":"public.orders","primary_key":["id"]},"sync":{"mode":"async"},"is_active":true,
         "version":1,"created_at":"2026-01-31T08:00:00Z","updated_at":"2026-01-31T08:00:00Z","created_by":"alice",
         "access":{"outcome":"verified_read_only","grants":[],"replication":false,"checked_at":"2026-01-31T08:00:00Z"}}
        """;

    public static IEndpointRouteBuilder MapSources(this IEndpointRouteBuilder endpoints)
    {
        var sources = endpoints.MapApiGroup("/api/sources", "Sources");
        sources.MapPost("", CreateAsync).RequireScope(ApiScope.SourcesWrite).AuditsChange("source.create", "source").WithIdempotency().WithApi(
            "Register a source", "Credentials are sealed before they are stored and never come back: secrets show as `***`. 409 if the id is taken. " +
            "Its login is looked at first: one that could write is refused with what it could write, unless the operator allows it; a server that does not answer within 5 seconds leaves `access` `unknown`.",
            RequestExample, AnswerExample, StatusCodes.Status201Created);
        sources.MapGet("", ListAsync).RequireScope(ApiScope.SyncRead).NotAudited("Sources are shown without their secrets.").WithApi(
            "List sources", "In the order of their ids, page by page.", response: $$"""{"items":[{{AnswerExample}}],"next_cursor":null}""");
        sources.MapGet("{source_id}", GetAsync).RequireScope(ApiScope.SyncRead).NotAudited("A source is shown without its secrets.").WithApi(
            "Show a source", "`ETag` is its version, for `If-Match`.", response: AnswerExample);
        sources.MapPut("{source_id}", ReplaceAsync).RequireScope(ApiScope.SourcesWrite).AuditsChange("source.replace", "source", "source_id").WithApi(
            "Replace a source",
            "A secret sent as `***` keeps the stored one; another value rotates it, and a job that runs takes it up at its next connection. " +
            "Where the source reads from another server from then on, the one before gives back what it keeps for following its changes, if it answers within 10 seconds. " +
            "With `If-Match`, 412 if the source has changed since; without, the last one wins.",
            RequestExample, AnswerExample);
        sources.MapDelete("{source_id}", DeleteAsync).RequireScope(ApiScope.SourcesWrite).AuditsChange("source.delete", "source", "source_id").WithApi(
            "Delete a source", "Its incremental state goes with it; jobs that ended and their records stay. 409 while a job of it is queued, running or waiting. What its server keeps for following its changes is given back; where that server does not answer within 10 seconds, it is left there.",
            status: StatusCodes.Status204NoContent)
            .WithRefusal(StatusCodes.Status409Conflict, "A job of the source is queued, running or waiting.");
        sources.MapPost("{source_id}/test", TestAsync).RequireScope(ApiScope.SourcesWrite).AuditsAccess("source.test", "source", "source_id").WithApi(
            "Test a source's connection", "All checks at once. 200 also if some fail: see `passed`. `details` shows what a check saw: versions, the peer of TLS, what the login may do.",
            response: """
                {"source_id":"orders-db","passed":false,"checks":[{"name":"credentials","outcome":"failed","milliseconds":0.8,"error_code":"SYNC_060",
                 "message_key":"errors.encryption.unreadable","message":"…","hint_key":"hints.encryption.save_again","hint":"…","details":{}}]}
                """);
        sources.MapGet("{source_id}/schema", DescribeAsync).RequireScope(ApiScope.SourcesWrite).AuditsAccess("source.describe", "source", "source_id").WithApi(
            "Show what can be read", "Tables and views with columns, types and keys.",
            response: """
                {"source_id":"orders-db","tables":[{"schema":"public","name":"orders","kind":"table",
                 "columns":[{"name":"id","type":"bigint","json_type":"number","nullable":false}],"primary_key":["id"]}]}
                """);
        sources.MapPost("{source_id}/preview", PreviewEndpoint.HandleAsync).RequireScope(ApiScope.SourcesWrite).AuditsAccess("source.preview", "source", "source_id").WithApi(
            "Show the first records", "As a sync would extract them. Without `query` and `table` (of an API: `extraction_params`): what the source itself reads. 4 MiB at most. Of an API, the first page, and in `understood` the request, the answer and how a sync would go on.",
            """{"table":"public.orders","row_limit":20}""",
            """{"source_id":"orders-db","columns":[{"name":"id","json_types":["number"]}],"records":[{"id":1}],"truncated":false}""");
        sources.MapState();
        sources.MapTracking();
        return endpoints;
    }

    [Answers<SourceAnswer>(StatusCodes.Status201Created)]
    private static async Task<IResult> CreateAsync(NewSource source, Caller caller, SourceSaving saving, ConnectorCatalog connectors, HttpContext http, CancellationToken ct)
    {
        AuditTrail.About(source.Definition.SourceId);
        var created = await saving.CreateAsync(caller.Tenant, caller.Subject, source.Definition, IdempotentWork.IdOf(http), ct);
        SetTag(http, created);
        return TypedResults.Created($"/api/sources/{UrlId.Encode(created.SourceId)}", SourceAnswer.Of(created, connectors));
    }

    [Answers<Page<SourceAnswer>>]
    private static async Task<IResult> ListAsync(
        Query<SourceListQuery> query, Caller caller, SourceStore store, ConnectorCatalog connectors, CursorCodec cursors, CancellationToken ct)
    {
        var page = query.Value.Page;
        var found = await store.ListAsync(caller.Tenant, page.After?[0] ?? "", page.Fetch, ct);
        return TypedResults.Ok(cursors.Page(caller, page, [.. found.Select(s => SourceAnswer.Of(s, connectors))], s => [s.SourceId]));
    }

    [Answers<SourceAnswer>]
    private static async Task<IResult> GetAsync(RouteId sourceId, Caller caller, SourceStore store, ConnectorCatalog connectors, HttpContext http, CancellationToken ct)
    {
        var source = await store.GetAsync(caller.Tenant, sourceId.Value, ct) ?? throw SourceFailure.NotFound();
        SetTag(http, source);
        return TypedResults.Ok(SourceAnswer.Of(source, connectors));
    }

    [Answers<SourceAnswer>]
    private static async Task<IResult> ReplaceAsync(
        SourceReplacement source, IfMatch condition, Caller caller, SourceSaving saving, ConnectorCatalog connectors, HttpContext http, CancellationToken ct)
    {
        var replaced = await saving.ReplaceAsync(caller.Tenant, source.Definition, condition.Allows, ct);
        SetTag(http, replaced);
        return TypedResults.Ok(SourceAnswer.Of(replaced, connectors));
    }

    private static async Task<IResult> DeleteAsync(RouteId sourceId, IfMatch condition, Caller caller, SourceRemoval removal, CancellationToken ct)
    {
        await removal.DeleteAsync(caller.Tenant, sourceId.Value, condition.Allows, ct);
        return TypedResults.NoContent();
    }

    [Answers<SourceTestAnswer>]
    private static async Task<IResult> TestAsync(
        RouteId sourceId, Caller caller, SourceProbe probe, ErrorCatalogue catalogue, Messages messages, CancellationToken ct)
    {
        var checks = await probe.TestAsync(caller.Tenant, sourceId.Value, ct);
        return TypedResults.Ok(new SourceTestAnswer(
            sourceId.Value, checks.All(c => c.Passed == true), [.. checks.Select(c => CheckAnswer.Of(c, catalogue, messages, caller.Language))]));
    }

    [Answers<SourceSchemaAnswer>]
    private static async Task<IResult> DescribeAsync(RouteId sourceId, Caller caller, SourceProbe probe, CancellationToken ct)
        => TypedResults.Ok(new SourceSchemaAnswer(sourceId.Value, await probe.DescribeAsync(caller.Tenant, sourceId.Value, ct)));

    private static void SetTag(HttpContext http, DataSourceConfig source) => http.Response.Headers.ETag = IfMatch.Tag(source.Version).ToString();
}

/// <summary>Query of <c>GET /api/sources</c>.</summary>
internal sealed record SourceListQuery(PageRequest Page) : IRequestQuery<SourceListQuery>
{
    public static SourceListQuery Read(QueryReader query) => new(query.Page("sources"));
}
