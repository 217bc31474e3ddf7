using DataSync.Pipeline.Failures;
using DataSync.Platform.Authentication;
using DataSync.Platform.Http.Errors;
using DataSync.Platform.Http.Idempotency;
using DataSync.Platform.Http.Json;
using DataSync.Platform.Http.OpenApi;
using DataSync.Platform.Http.Paging;
using DataSync.Platform.Http.Requests;
using DataSync.Platform.Monitoring;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DataSync.Tests.Platform.Http;

internal enum SampleKind
{
    Database,
    HttpApi,
}

/// <summary>A body with a member of every sort.</summary>
internal sealed record SampleRequest(string SourceId, string? Name, SampleKind? Kind, int? Limit, string Host, IReadOnlyList<string> Formats) : IRequestBody<SampleRequest>
{
    public const string Valid = """
        {"source_id":"orders-db","name":"Orders","kind":"http_api","limit":10,"ratio":0.25,"is_active":true,"since":"2026-01-31T08:00:00+08:00","total":9007199254740993,
         "connection_params":{"host":"db","port":5432},"output_format":["json","csv"],"tags":["a"],"rules":[{"id":"r1","when":{"==":[1,1]}}],"extra":{"any":["thing"]}}
        """;

    public static SampleRequest Read(JsonObjectReader json)
    {
        var connection = json.RequiredObject("connection_params");
        var request = new SampleRequest(
            json.RequiredId("source_id"), json.OptionalString("name", 20), json.OptionalEnum<SampleKind>("kind"), json.OptionalInt("limit", 1, 1000),
            connection.RequiredString("host"), json.OneOrMoreOf("output_format", "json", "csv", "jsonl"));
        connection.OptionalInt("port", 1, 65535);
        json.OptionalNumber("ratio", 0, 1);
        json.OptionalBool("is_active");
        json.OptionalTime("since");
        json.OptionalLong("total");
        json.Strings("tags", maxItems: 3, maxLength: 10);
        json.Objects("rules", rule => (rule.RequiredString("id"), rule.RawObject("when")), max: 2);
        json.Raw("extra");
        var retry = json.OptionalObject("retry");
        retry.RequiredInt("attempts", 1, 10);
        return request;
    }
}

internal sealed record SampleFilter(string? Status, PageRequest Page) : IRequestQuery<SampleFilter>
{
    public static SampleFilter Read(QueryReader query)
    {
        var status = query.OptionalOneOf("status", "Only samples in this state.", "queued", "running");
        return new SampleFilter(status, query.Page($"samples?{status}"));
    }
}

internal sealed class SampleStore : IReadinessCheck
{
    public int Created;

    public int Asked;

    public string Name => "sample";

    public Func<Task>? Gate { get; set; }

    public SyncFailure? Unready { get; set; }

    public Task<SyncFailure?> CheckAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref Asked);
        return Task.FromResult(Unready);
    }
}

internal static class SampleEndpoints
{
    public const string Secret = "Host=10.1.2.3;Password=hunter2";

    public static void MapSamples(this IEndpointRouteBuilder endpoints)
    {
        var samples = endpoints.MapApiGroup("/api/samples", "Samples");
        samples.MapPost("", CreateAsync).RequireScope(ApiScope.SyncWrite).WithIdempotency()
            .WithApi("Create a sample", "Creates it.", SampleRequest.Valid, """{"source_id":"orders-db","created":1}""", 201);
        samples.MapGet("", List).RequireScope(ApiScope.SyncRead).WithApi("List samples", "Numbers up to 250.", response: """{"items":[1],"next_cursor":null}""");
        samples.MapGet("{sample_id}", (RouteId sampleId) => TypedResults.Ok(new { id = sampleId.Value }))
            .RequireScope(ApiScope.SyncRead).WithApi("Read a sample", "Answers its id.", response: """{"id":"a"}""");
        samples.MapGet("{sample_id}/parts/{part_id}", (RouteId sampleId, RouteId partId) => TypedResults.Ok(new[] { sampleId.Value, partId.Value }))
            .RequireScope(ApiScope.SyncRead).WithApi("Read a part", "Answers both ids.", response: """["a","b"]""");
        samples.MapPost("{sample_id}/small", (RouteId sampleId, Body<SampleRequest> body) => TypedResults.Ok(body.Value.SourceId + sampleId.Value))
            .RequireScope(ApiScope.SyncWrite).WithBodyLimit(1000).WithApi("Small", "A small body.", SampleRequest.Valid, "\"a\"");
        samples.MapGet("who/am/i", (Caller caller) => TypedResults.Ok(caller)).RequireScope(ApiScope.SyncRead).WithApi("Who", "The caller.", response: "{}");
        samples.MapPost("fail/{how}", FailAsync).RequireScope(ApiScope.SyncWrite).WithIdempotency().WithApi("Fail", "Fails.", response: "{}");
        samples.MapGet("open/time", () => TypedResults.Ok(new { at_time = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours(8)), name = "数据", none = (string?)null })).AllowAnonymous()
            .WithApi("Open", "For everybody.", response: "{}");
        endpoints.MapGet("/forgotten", () => "nobody may read this").ExcludeFromDescription();
    }

    private static async Task<IResult> CreateAsync(Body<SampleRequest> body, Caller caller, SampleStore store, CancellationToken cancellationToken)
    {
        if (store.Gate is { } gate) await gate();
        cancellationToken.ThrowIfCancellationRequested();
        var created = Interlocked.Increment(ref store.Created);
        return TypedResults.Created($"/api/samples/{UrlId.Encode(body.Value.SourceId)}", new { source_id = body.Value.SourceId, created, tenant = caller.Tenant });
    }

    private static Page<int> List(Query<SampleFilter> query, Caller caller, CursorCodec cursors)
    {
        var page = query.Value.Page;
        var after = page.After is [var last] ? int.Parse(last, System.Globalization.CultureInfo.InvariantCulture) : 0;
        int[] fetched = [.. Enumerable.Range(after + 1, Math.Min(page.Fetch, 250 - after))];
        return cursors.Page(caller, page, fetched, i => [i.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
    }

    private static async Task<IResult> FailAsync(string how, SampleStore store, HttpContext context)
    {
        Interlocked.Increment(ref store.Created);
        await Task.Yield();
        switch (how)
        {
            case "database": throw new InvalidOperationException(Secret, new Npgsql.NpgsqlException(Secret, new System.Net.Sockets.SocketException()));
            case "exception": throw new InvalidOperationException(Secret);
            case "failure": throw new SyncFailureException(SyncFailure.Permanent("errors.readiness.timeout", ("seconds", 5)), new InvalidOperationException(Secret));
            case "faults": throw new SyncFailureException(RequestFailure.Invalid) { Faults = [new Fault("/a", "faults.required"), new Fault("/b", "faults.unknown")] };
            case "not_found": return Problem.NotFound();
            case "uncatalogued": return Problem.From(SyncFailure.Permanent("errors.no.such.key"));
            case "busy": return Problem.From(SyncFailure.Permanent("errors.request.too_many") with { RetryAfter = TimeSpan.FromSeconds(7) });
            case "started":
                await context.Response.WriteAsync("half");
                await context.Response.Body.FlushAsync();
                throw new InvalidOperationException(Secret);
            default: return TypedResults.NoContent();
        }
    }
}
