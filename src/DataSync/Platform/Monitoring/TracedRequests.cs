using Microsoft.AspNetCore.Http;

namespace DataSync.Platform.Monitoring;

/// <summary>
/// Which requests spans are made of. Deliveries of webhooks come by thousands a second: their spans cost a quarter of what it takes to acknowledge them, and the exporter's queue would
/// drop most. So a few a second are shown, which tells as much; what is counted and timed of them is in the metrics, and what a worker does of their jobs has its spans in any case.
/// </summary>
internal sealed class TracedRequests(TimeProvider time)
{
    /// <summary>Deliveries that are shown in one second of one process, give or take what comes at the same moment.</summary>
    public const int DeliveriesPerSecond = 10;

    private long _second = -1;
    private int _shown;

    public bool Includes(HttpRequest request)
    {
        // Probes tell nothing. A link to a file opens it to whoever reads it: its address goes into no span.
        if (request.Path.StartsWithSegments("/health", StringComparison.OrdinalIgnoreCase) || request.Path.StartsWithSegments("/api/exports/links", StringComparison.OrdinalIgnoreCase)) return false;
        return !HttpMethods.IsPost(request.Method) || !request.Path.StartsWithSegments("/api/webhooks", StringComparison.OrdinalIgnoreCase) || IncludesDelivery();
    }

    private bool IncludesDelivery()
    {
        var second = time.GetTimestamp() / time.TimestampFrequency;
        if (Interlocked.Exchange(ref _second, second) != second) Volatile.Write(ref _shown, 0);
        return Volatile.Read(ref _shown) < DeliveriesPerSecond && Interlocked.Increment(ref _shown) <= DeliveriesPerSecond;
    }
}
