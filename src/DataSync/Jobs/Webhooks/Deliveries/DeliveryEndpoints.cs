using System.Globalization;
using System.Text.Json;
using DataSync.Jobs.Engine;
using DataSync.Jobs.Status;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Authentication;
using DataSync.Platform.Http.Errors;
using DataSync.Platform.Http.Idempotency;
using DataSync.Platform.Http.OpenApi;
using DataSync.Platform.Http.Paging;
using DataSync.Platform.Http.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DataSync.Jobs.Webhooks.Deliveries;

/// <summary><c>/api/webhooks/deliveries</c>: what was taken in, what became of it, and once more.</summary>
[ApiTag("Webhooks", "What providers send by themselves: taken in under their signature, listed, and run again.")]
internal static class DeliveryEndpoints
{
    private const string Example = """
        {"delivery_id":"5f3c1d2e-8a4b-8c6d-9e0f-1a2b3c4d5e6f","source_id":"shop-orders","webhook_id":"msg_2b6e","status":"completed","received_at":"2026-01-01T00:00:00Z","bytes":1024,
         "replayable":true,"replays":0,"job_id":"019f0000-0000-7000-8000-000000000000","completed_at":"2026-01-01T00:00:01Z","error_details":null}
        """;

    private const string Waiting = """
        {"delivery_id":"5f3c1d2e-8a4b-8c6d-9e0f-1a2b3c4d5e6f","source_id":"shop-orders","webhook_id":"msg_2b6e","status":"received","received_at":"2026-01-01T00:00:00Z","bytes":1024,
         "replayable":true,"replays":1,"job_id":null,"completed_at":null,"error_details":null}
        """;

    public static void MapDeliveries(this IEndpointRouteBuilder endpoints)
    {
        var deliveries = endpoints.MapApiGroup("/api/webhooks/deliveries", "Webhooks");
        deliveries.MapGet("", ListAsync).RequireScope(ApiScope.SyncRead).NotAudited("Deliveries are shown without their payloads.").WithApi(
            "List deliveries", "From the newest to the oldest, filtered by `source_id` and `status`. A delivery's outcome is its job's.", response: $$"""{"items":[{{Example}}],"next_cursor":null}""");
        deliveries.MapGet("{delivery_id}", GetAsync).RequireScope(ApiScope.SyncRead).NotAudited("A delivery is shown without its payload.").WithApi("One delivery", "Its job, and what became of it.", response: Example);
        deliveries.MapPost("{delivery_id}/replay", ReplayAsync).RequireScope(ApiScope.SyncWrite).AuditsChange("delivery.replay", "delivery", "delivery_id").WithIdempotency().WithApi(
            "Run a delivery again",
            "It waits for its source's next job, as if it had just arrived, and runs with what the source's `sync` says now. 409 while it waits or is worked on, and where its payload is not kept "
            + "(realtime and hybrid sources, or long ago).",
            response: Waiting, status: StatusCodes.Status202Accepted);
    }

    [Answers<Page<DeliveryView>>]
    private static async Task<IResult> ListAsync(Caller caller, Query<DeliveryFilter> filter, DeliveryStore store, JobViews jobs, CursorCodec cursors, CancellationToken ct)
    {
        var (source, status, page) = filter.Value;
        (DateTimeOffset, Guid)? before = page.After is [var at, var id] ? (DateTimeOffset.ParseExact(at, "O", CultureInfo.InvariantCulture), Guid.Parse(id)) : null;
        var found = await store.ListAsync(caller.Tenant, source, status, before, page.Fetch, ct);
        var shown = cursors.Page(caller, page, found, r => [r.ReceivedAt.ToString("O", CultureInfo.InvariantCulture), r.DeliveryId.ToString("D")]);
        return TypedResults.Ok(new Page<DeliveryView>([.. shown.Items.Select(r => View(r, jobs, caller.Language))], shown.NextCursor));
    }

    [Answers<DeliveryView>]
    private static async Task<IResult> GetAsync(Caller caller, RouteGuid deliveryId, DeliveryStore store, JobViews jobs, CancellationToken ct)
        => await store.FindAsync(caller.Tenant, deliveryId.Value, ct) is { } row ? TypedResults.Ok(View(row, jobs, caller.Language)) : Problem.NotFound();

    [Answers<DeliveryView>(StatusCodes.Status202Accepted)]
    private static async Task<IResult> ReplayAsync(Caller caller, RouteGuid deliveryId, DeliveryStore store, JobViews jobs, CancellationToken ct)
    {
        if (!await store.ReplayAsync(caller.Tenant, deliveryId.Value, ct)) return Problem.NotFound();
        var row = await store.FindAsync(caller.Tenant, deliveryId.Value, ct);
        return row is null ? Problem.NotFound() : TypedResults.Accepted($"/api/webhooks/deliveries/{deliveryId.Value:D}", View(row, jobs, caller.Language));
    }

    private static DeliveryView View(DeliveryRow row, JobViews jobs, string language) => new(
        row.DeliveryId, row.SourceId, row.WebhookId, DeliveryStatus.Of(row), row.ReceivedAt, row.Bytes, row.HasPayload, row.Replays, row.JobId, row.Job?.CompletedAt,
        row.Failure is { } key ? jobs.Error(JobFailure.Of(SyncFailure.Permanent(key)), language) : row.Job is { } job ? jobs.Of(job, language).ErrorDetails : null);
}

/// <summary>The filter and the page of the list of deliveries.</summary>
internal sealed record DeliveryFilter(string? SourceId, string? Status, PageRequest Page) : IRequestQuery<DeliveryFilter>
{
    public static DeliveryFilter Read(QueryReader query)
    {
        var source = query.OptionalId("source_id", "Only deliveries to this source.");
        var status = query.OptionalOneOf("status", "Only deliveries in this state.", DeliveryStatus.All);
        return new DeliveryFilter(source, status, query.Page(JsonSerializer.Serialize(new[] { "deliveries", source, status })));
    }
}
