using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DataSync.IntegrationTests.Ai;

/// <summary>An OpenAI-compatible server that answers as the test scripts it, over real HTTP, and keeps what it was asked.</summary>
internal sealed class FakeModel : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<ModelCall> _calls = new();
    private int _numbers;

    private FakeModel(WebApplication app) => _app = app;

    /// <summary>Where it is, as <c>AI_ENHANCEMENT_BASE_URL</c>.</summary>
    public Uri BaseUrl { get; private set; } = null!;

    /// <summary>What it was asked, in order.</summary>
    public IReadOnlyList<ModelCall> Calls => [.. _calls];

    /// <summary>Answers a call; the default is a valid answer.</summary>
    public Func<ModelCall, CancellationToken, Task<ModelAnswer>> Script { get; set; } = static (call, _) => Task.FromResult(ModelAnswer.Valid(call));

    public static async Task<FakeModel> StartAsync(CancellationToken ct)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var model = new FakeModel(app);
        app.MapPost("/v1/chat/completions", (RequestDelegate)model.AnswerAsync);
        await app.StartAsync(ct);
        model.BaseUrl = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First() + "/v1");
        return model;
    }

    /// <summary>Forgets what it was asked.</summary>
    public void Forget() => _calls.Clear();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        var body = await reader.ReadToEndAsync(context.RequestAborted);
        var call = new ModelCall(Interlocked.Increment(ref _numbers), JsonElement.Parse(body), context.Request.Headers.Authorization.ToString(), context.Request.Headers["Idempotency-Key"].ToString());
        _calls.Enqueue(call);
        var answer = await Script(call, context.RequestAborted);
        if (answer.Resets)
        {
            context.Abort();
            return;
        }

        context.Response.StatusCode = (int)answer.Status;
        foreach (var (name, value) in answer.Headers) context.Response.Headers[name] = value;
        context.Response.ContentType = "application/json";
        var bytes = Encoding.UTF8.GetBytes(answer.Body);
        if (answer.BreaksOffAt is not { } at)
        {
            await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
            return;
        }

        if (!answer.IsChunked) context.Response.ContentLength = bytes.Length;
        await context.Response.Body.WriteAsync(bytes.AsMemory(0, Math.Min(at, bytes.Length - 1)), context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
        if (answer.Stalls) await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        context.Abort();
    }
}

/// <summary>A call as it came.</summary>
internal sealed record ModelCall(int Number, JsonElement Body, string Authorization, string Key)
{
    public JsonElement[] Messages => [.. Body.GetProperty("messages").EnumerateArray()];

    public string System => ContentOf(Messages[0]);

    public string User => ContentOf(Messages[1]);

    /// <summary>The line between the marks.</summary>
    public string Record => User.Split('\n')[1];

    public JsonElement Schema => Body.GetProperty("response_format").GetProperty("json_schema").GetProperty("schema");

    /// <summary>The content of a message, which may be a text or a list of parts.</summary>
    public static string ContentOf(JsonElement message) => message.GetProperty("content") is { ValueKind: JsonValueKind.Array } parts
        ? string.Concat(parts.EnumerateArray().Select(p => p.GetProperty("text").GetString()))
        : message.GetProperty("content").GetString()!;
}

/// <summary>What the server answers.</summary>
internal sealed record ModelAnswer(HttpStatusCode Status, string Body)
{
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Nothing is answered: the connection is cut.</summary>
    public bool Resets { get; init; }

    /// <summary>The body ends here, in the middle, and the connection with it.</summary>
    public int? BreaksOffAt { get; init; }

    /// <summary>Where the body breaks off, its length was not told before.</summary>
    public bool IsChunked { get; init; }

    /// <summary>Where the body breaks off, the connection stays open and silent.</summary>
    public bool Stalls { get; init; }

    public static ModelAnswer Reset { get; } = new(HttpStatusCode.OK, "") { Resets = true };

    /// <summary>A completion with this content.</summary>
    public static ModelAnswer Of(string content, string finish = "stop", int input = 100, int output = 20) => new(HttpStatusCode.OK, new JsonObject
    {
        ["id"] = "c",
        ["object"] = "chat.completion",
        ["created"] = 1,
        ["model"] = "m",
        ["choices"] = new JsonArray(new JsonObject
        {
            ["index"] = 0,
            ["finish_reason"] = finish,
            ["message"] = new JsonObject { ["role"] = "assistant", ["content"] = content },
        }),
        ["usage"] = new JsonObject { ["prompt_tokens"] = input, ["completion_tokens"] = output, ["total_tokens"] = input + output },
    }.ToJsonString());

    /// <summary>A failure as providers word it.</summary>
    public static ModelAnswer Error(HttpStatusCode status, string code, params (string Name, string Value)[] headers)
        => new(status, new JsonObject { ["error"] = new JsonObject { ["message"] = "no", ["type"] = code, ["code"] = code } }.ToJsonString()) { Headers = headers.ToDictionary(h => h.Name, h => h.Value, StringComparer.Ordinal) };

    /// <summary>What a good model would say: made of the call's schema and its record.</summary>
    public static ModelAnswer Valid(ModelCall call, double confidence = 0.9)
    {
        var answer = new JsonObject();
        foreach (var task in call.Schema.GetProperty("properties").EnumerateObject())
        {
            answer[task.Name] = new JsonObject
            {
                ["value"] = task.Name == "entities" ? Entities(JsonElement.Parse(call.Record, new JsonDocumentOptions { MaxDepth = 256 })) : Value(task.Value.GetProperty("properties").GetProperty("value"), call),
                ["confidence"] = confidence,
            };
        }

        return Of(answer.ToJsonString());
    }

    private static JsonNode? Value(JsonElement schema, ModelCall call)
    {
        if (schema.TryGetProperty("anyOf", out var any)) return Value(any[0], call);
        if (schema.TryGetProperty("enum", out var allowed)) return JsonNode.Parse(allowed[0].GetRawText());
        var type = schema.GetProperty("type") is { ValueKind: JsonValueKind.Array } types ? types[0].GetString() : schema.GetProperty("type").GetString();
        return type switch
        {
            "string" => string.Create(CultureInfo.InvariantCulture, $"A record of {call.Record.Length} characters."),
            "number" or "integer" => 7,
            "boolean" => true,
            "array" => new JsonArray(Value(schema.GetProperty("items"), call)),
            _ => new JsonObject(schema.GetProperty("properties").EnumerateObject().Select(p => KeyValuePair.Create(p.Name, Value(p.Value, call)))),
        };
    }

    /// <summary>The first word of each text of the record.</summary>
    private static JsonArray Entities(JsonElement record)
        => new([.. Texts(record).Select(t => t.Split(' ').FirstOrDefault(w => w.Length is > 0 and < 500)).Where(w => w is not null).Take(5).Select(w => (JsonNode)new JsonObject { ["text"] = w, ["type"] = "other" })]);

    private static IEnumerable<string> Texts(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => [value.GetString()!],
        JsonValueKind.Array => value.EnumerateArray().SelectMany(Texts),
        JsonValueKind.Object => value.EnumerateObject().SelectMany(m => Texts(m.Value)),
        _ => [],
    };
}
