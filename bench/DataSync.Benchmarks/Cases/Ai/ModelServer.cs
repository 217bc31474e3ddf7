using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DataSync.Benchmarks.Cases.Ai;

/// <summary>A language model that answers every call after the same time, and, where it has a limit, refuses what comes faster and tells of it in its headers as providers do.</summary>
internal sealed class ModelServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly TimeSpan _latency;
    private readonly Lock _gate = new();
    private long _first, _last, _at;
    private double _left;

    private ModelServer(WebApplication app, TimeSpan latency) => (_app, _latency) = (app, latency);

    public Uri Url => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single() + "/v1");

    /// <summary>Calls a second, and at once at most; 0 for no limit.</summary>
    public int Limit { get; private set; }

    /// <summary>Calls answered since the last reset.</summary>
    public int Answered { get; private set; }

    /// <summary>Calls refused.</summary>
    public int Refused { get; private set; }

    /// <summary>From the first call's arrival to the last answer.</summary>
    public TimeSpan Span => TimeProvider.System.GetElapsedTime(_first, _last);

    public static async Task<ModelServer> StartAsync(TimeSpan latency, CancellationToken ct)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var server = new ModelServer(app, latency);
        app.MapPost("/v1/chat/completions", (RequestDelegate)server.AnswerAsync);
        await app.StartAsync(ct);
        return server;
    }

    /// <summary>Begins a run.</summary>
    public void Reset(int limit) => (Limit, Answered, Refused, _first, _left, _at) = (limit, 0, 0, 0, limit, TimeProvider.System.GetTimestamp());

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        using (var body = new StreamReader(context.Request.Body)) await body.ReadToEndAsync(context.RequestAborted);
        if (!Admit(context.Response))
        {
            context.Response.StatusCode = 429;
            await context.Response.WriteAsync("""{"error":{"code":"rate_limit_exceeded","message":"slower"}}""", context.RequestAborted);
            return;
        }

        await Task.Delay(_latency, context.RequestAborted);
        context.Response.ContentType = "application/json";
        await context.Response.Body.WriteAsync(Completion, context.RequestAborted);
        lock (_gate) (Answered, _last) = (Answered + 1, TimeProvider.System.GetTimestamp());
    }

    private bool Admit(HttpResponse response)
    {
        lock (_gate)
        {
            var now = TimeProvider.System.GetTimestamp();
            if (_first == 0) _first = now;
            if (Limit == 0) return true;
            _left = Math.Min(Limit, _left + (Limit * TimeProvider.System.GetElapsedTime(_at, now).TotalSeconds));
            _at = now;
            var admitted = _left >= 1;
            if (admitted) _left--;
            else Refused++;
            response.Headers["x-ratelimit-limit-requests"] = Limit.ToString(CultureInfo.InvariantCulture);
            response.Headers["x-ratelimit-remaining-requests"] = ((int)_left).ToString(CultureInfo.InvariantCulture);
            response.Headers["x-ratelimit-reset-requests"] = string.Create(CultureInfo.InvariantCulture, $"{(int)Math.Ceiling((Limit - (int)_left) * 1000.0 / Limit)}ms");
            return admitted;
        }
    }

    private static readonly byte[] Completion = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new
    {
        id = "c",
        @object = "chat.completion",
        created = 1,
        model = "m",
        choices = new[]
        {
            new
            {
                index = 0,
                finish_reason = "stop",
                message = new { role = "assistant", content = """{"summary":{"value":"An order.","confidence":0.9},"sentiment":{"value":"neutral","confidence":0.8}}""" },
            },
        },
        usage = new { prompt_tokens = 300, completion_tokens = 30, total_tokens = 330 },
    }));
}
