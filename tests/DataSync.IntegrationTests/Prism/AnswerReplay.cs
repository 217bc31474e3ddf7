using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using DataSync.Tests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace DataSync.IntegrationTests.Prism;

/// <summary>Gives answers again through the proxy that holds them against the API's document, and tells what is not as it says there. What was asked may be as wrong as it was.</summary>
internal sealed class AnswerReplay : IAsyncDisposable
{
    private const string Number = "x-replayed-answer";

    private readonly ConcurrentDictionary<string, RecordedAnswer> _answers = new(StringComparer.Ordinal);
    private readonly WebApplication _server;
    private readonly PrismProxy _proxy;
    private readonly HttpClient _client;
    private int _count;

    private AnswerReplay(WebApplication server, PrismProxy proxy)
        => (_server, _proxy, _client) = (server, proxy, new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, MaxResponseHeadersLength = 128 }) { BaseAddress = proxy.Url });

    public static async Task<AnswerReplay> StartAsync(CancellationToken ct)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var server = builder.Build();
        AnswerReplay? replay = null;
        server.Run(context => replay!.AnswerAsync(context));
        await server.StartAsync(ct);
        try
        {
            return replay = new AnswerReplay(server, await PrismProxy.StartAsync(Path.Combine(Repository.Root, "docs", "openapi.json"), new Uri(server.Urls.Single()), ct, refuses: false));
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _proxy.DisposeAsync();
        await _server.DisposeAsync();
    }

    /// <summary>What is not as the document says; empty where all is.</summary>
    public async Task<string> FaultsAsync(HttpMethod method, Uri asked, string? authorization, RecordedAnswer answer, CancellationToken ct)
    {
        var number = Interlocked.Increment(ref _count).ToString(CultureInfo.InvariantCulture);
        _answers[number] = answer;
        using var again = new HttpRequestMessage(method, new Uri(_proxy.Url, asked.PathAndQuery));
        again.Headers.Add(Number, number);
        if (authorization is not null) again.Headers.TryAddWithoutValidation("Authorization", authorization);
        using var told = await _client.SendAsync(again, ct);
        _answers.TryRemove(number, out _);
        if ((int)told.StatusCode != answer.Status) return $"the proxy answered {(int)told.StatusCode}: {await told.Content.ReadAsStringAsync(ct)}";
        if (!told.Headers.TryGetValues("sl-violations", out var violations)) return "";
        var faults = JsonElement.Parse(string.Concat(violations)).EnumerateArray().Where(v => IsOfAnswer(v) || (answer.Status < 400 && IsUnknown(v))).Select(v => v.ToString());
        return string.Join("; ", faults);
    }

    private static bool IsOfAnswer(JsonElement violation) => violation.GetProperty("location")[0].GetString() == "response";

    /// <summary>What is not in the document must not be there at all: it can only be refused.</summary>
    private static bool IsUnknown(JsonElement violation) => violation.GetProperty("message").GetString() == "Selected route not found";

    private async Task AnswerAsync(HttpContext context)
    {
        var answer = _answers[context.Request.Headers[Number].Single()!];
        context.Response.StatusCode = answer.Status;
        foreach (var (name, value) in answer.Headers) context.Response.Headers[name] = value;
        if (!answer.Body.IsEmpty) await context.Response.Body.WriteAsync(answer.Body, context.RequestAborted);
    }
}

/// <summary>An answer of the API, as it was.</summary>
internal sealed record RecordedAnswer(int Status, IReadOnlyList<(string Name, string Value)> Headers, ReadOnlyMemory<byte> Body);
