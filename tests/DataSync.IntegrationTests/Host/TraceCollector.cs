using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace DataSync.IntegrationTests.Host;

/// <summary>An OTLP receiver: what the processes export as traces and metrics, by HTTP and protobuf.</summary>
internal sealed class TraceCollector : IAsyncDisposable
{
    private readonly ConcurrentQueue<ExportedSpan> _spans = new();
    private readonly ConcurrentQueue<byte[]> _traces = new();
    private readonly ConcurrentQueue<byte[]> _metrics = new();
    private readonly WebApplication _app;

    private TraceCollector(WebApplication app) => _app = app;

    /// <summary>What <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set to.</summary>
    public string Endpoint => _app.Urls.Single();

    public static async Task<TraceCollector> StartAsync(CancellationToken ct)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var collector = new TraceCollector(app);
        app.MapPost("/v1/traces", context => TakeAsync(context, collector._traces, body =>
        {
            foreach (var span in ExportedSpan.Read(body)) collector._spans.Enqueue(span);
        }));
        app.MapPost("/v1/metrics", context => TakeAsync(context, collector._metrics, static _ => { }));
        await app.StartAsync(ct);
        return collector;
    }

    /// <summary>The spans of a trace that have come so far.</summary>
    public IReadOnlyList<ExportedSpan> Trace(string traceId) => [.. _spans.Where(s => s.TraceId == traceId)];

    /// <summary>Where in the traces that came a text is, with what surrounds it; null where none holds it.</summary>
    public string? FindInTraces(string text) => Find(_traces, text);

    /// <summary>Where in the metrics that came a text is, with what surrounds it; null where none hold it.</summary>
    public string? FindInMetrics(string text) => Find(_metrics, text);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static string? Find(IEnumerable<byte[]> bodies, string text)
    {
        foreach (var body in bodies.Select(Encoding.UTF8.GetString))
        {
            var at = body.IndexOf(text, StringComparison.Ordinal);
            if (at >= 0) return body[Math.Max(0, at - 300)..Math.Min(body.Length, at + 100)];
        }

        return null;
    }

    private static async Task TakeAsync(HttpContext context, ConcurrentQueue<byte[]> bodies, Action<byte[]> read)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        read(body.ToArray());
        bodies.Enqueue(body.ToArray());
        context.Response.ContentType = "application/x-protobuf";
    }
}
