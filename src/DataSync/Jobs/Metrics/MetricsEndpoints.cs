using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Authentication;
using DataSync.Platform.Http.Errors;
using DataSync.Platform.Http.OpenApi;
using DataSync.Platform.Http.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DataSync.Jobs.Metrics;

[ApiTag("Metrics", "What a tenant's syncs come to over a window of time.")]
internal static class MetricsEndpoints
{
    private const string Example = """
        {"tenant_id":"acme","source_id":null,"from":"2026-01-01T08:00:00Z","to":"2026-01-31T08:00:00Z","jobs":1000,"completed":970,"failed":20,"cancelled":10,
         "success_rate":0.9797979797979798,"error_rate":0.020202020202020204,"average_duration_ms":1840.5,"duration_ms":{"p50":900,"p90":3100,"p95":4700,"p99":12000,"max":61000},
         "records":10000000,"rejected":120,"bytes":4660000000,"llm_cost":1.19,
         "errors":[{"error_type":"ConnectionError","jobs":20,"error_rate":0.020202020202020204,"codes":[{"error_code":"SYNC_001","message_key":"errors.connection.refused","jobs":20}]}],
         "targets":{"success_rate":{"target":0.95,"met":true},"average_duration_ms":{"target":300000,"met":true}},
         "now":{"running":1,"queued":3,"waiting":0,"queue_age_seconds":0.4}}
        """;

    public static void MapMetrics(this IEndpointRouteBuilder endpoints)
        => endpoints.MapApiGroup("/api/metrics", "Metrics").MapGet("/summary", SummaryAsync).RequireScope(ApiScope.SyncRead).NotAudited("Sums are shown, and no record.").WithApi(
            "What the tenant's syncs came to",
            "Over the jobs that ended within the window, right to the job. `success_rate` and `error_rate` are shares of those that completed or failed; a cancelled job counts for neither. Durations are of completed jobs, "
            + "from the first attempt's begin to the end, and each percentile is one that a job had. Records, bytes and the cost of language models are of all that ended. A job that is retried counts again only once it has ended again. "
            + "`targets` are the service's own: 95 % of syncs complete, and take five minutes on average at most. `now` is the load at this moment.",
            response: Example);

    [Answers<SummaryView>]
    private static async Task<IResult> SummaryAsync(Caller caller, Query<SummaryWindow> window, SummaryStore store, ErrorCatalogue catalogue, CancellationToken ct)
        => TypedResults.Ok(SummaryView.Of(caller.Tenant, window.Value.SourceId, await store.ReadAsync(caller.Tenant, window.Value, ct), catalogue));
}
