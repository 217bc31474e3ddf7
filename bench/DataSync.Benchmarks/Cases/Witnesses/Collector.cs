using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DataSync.Benchmarks.Cases.Witnesses;

/// <summary>Takes what processes send by OTLP over HTTP, counts the bytes and keeps nothing.</summary>
internal sealed class Collector : IAsyncDisposable
{
    private readonly WebApplication _app;
    private long _traces, _metrics;

    private Collector(WebApplication app) => _app = app;

    /// <summary>Where it listens.</summary>
    public string Address => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    /// <summary>Whether traces and metrics have come.</summary>
    public bool HasBoth => Interlocked.Read(ref _traces) > 0 && Interlocked.Read(ref _metrics) > 0;

    public static async Task<Collector> StartAsync(CancellationToken ct)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var collector = new Collector(builder.Build());
        collector._app.MapPost("/v1/traces", async (HttpRequest request) => Interlocked.Add(ref collector._traces, await LengthAsync(request)));
        collector._app.MapPost("/v1/metrics", async (HttpRequest request) => Interlocked.Add(ref collector._metrics, await LengthAsync(request)));
        await collector._app.StartAsync(ct);
        return collector;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static async Task<long> LengthAsync(HttpRequest request)
    {
        var (buffer, length) = (new byte[64 * 1024], 0L);
        while (await request.Body.ReadAsync(buffer, request.HttpContext.RequestAborted) is > 0 and var read) length += read;
        request.HttpContext.Response.StatusCode = StatusCodes.Status200OK;
        return length;
    }
}
