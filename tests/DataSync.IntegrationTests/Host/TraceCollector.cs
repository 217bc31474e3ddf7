using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace DataSync.IntegrationTests.Host;

/// <summary>An OTLP receiver: what the processes export as traces, by HTTP and protobuf.</summary>
internal sealed class TraceCollector : IAsyncDisposable
{
    private readonly ConcurrentQueue<ExportedSpan> _spans = new();
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
        app.MapPost("/v1/traces", collector.TakeAsync);
        app.MapPost("/v1/metrics", () => Results.Ok());
        await app.StartAsync(ct);
        return collector;
    }

    /// <summary>The spans of a trace that have come so far.</summary>
    public IReadOnlyList<ExportedSpan> Trace(string traceId) => [.. _spans.Where(s => s.TraceId == traceId)];

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        foreach (var span in ExportedSpan.Read(body.ToArray())) _spans.Enqueue(span);
        context.Response.ContentType = "application/x-protobuf";
    }
}
