using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace DataSync.IntegrationTests.Alerts;

/// <summary>What a receiver got.</summary>
internal sealed record Received(string Path, byte[] Body, string? Id, string? Timestamp, string? Signature, int Answered);

/// <summary>Somebody's server: it takes what is posted to it, and answers by path what it is told to.</summary>
internal sealed class AlertReceiver : IAsyncDisposable
{
    private readonly ConcurrentQueue<Received> _received = new();
    private readonly ConcurrentDictionary<string, ConcurrentQueue<int>> _answers = new(StringComparer.Ordinal);
    private readonly WebApplication _app;

    private AlertReceiver(WebApplication app) => _app = app;

    public string Url => _app.Urls.Single();

    public static async Task<AlertReceiver> StartAsync(CancellationToken ct)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var receiver = new AlertReceiver(app);
        app.Run(receiver.TakeAsync);
        await app.StartAsync(ct);
        return receiver;
    }

    /// <summary>The next posts to a path are answered so, the others 204.</summary>
    public void Answer(string path, params int[] statuses)
    {
        var queue = _answers.GetOrAdd(path, _ => new ConcurrentQueue<int>());
        foreach (var status in statuses) queue.Enqueue(status);
    }

    public IReadOnlyList<Received> At(string path) => [.. _received.Where(r => r.Path == path)];

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var path = context.Request.Path.Value!;
        var status = _answers.TryGetValue(path, out var queue) && queue.TryDequeue(out var next) ? next : StatusCodes.Status204NoContent;
        _received.Enqueue(new Received(path, body.ToArray(), context.Request.Headers["webhook-id"], context.Request.Headers["webhook-timestamp"], context.Request.Headers["webhook-signature"], status));
        if (status is >= 300 and < 400) context.Response.Headers.Location = "/redirected";
        context.Response.StatusCode = status;
    }
}
