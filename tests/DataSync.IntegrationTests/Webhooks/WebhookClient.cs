using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using DataSync.IntegrationTests.Host;
using DataSync.IntegrationTests.Prism;

namespace DataSync.IntegrationTests.Webhooks;

/// <summary>A tenant with webhooks, and the providers that send to it.</summary>
internal sealed class WebhookClient(RunningSystem system, string tenant, Uri? address = null) : IDisposable
{
    private readonly HttpClient _sender = Sender(system, address);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public HttpClient Owner { get; } = system.Client(tenant, address: address);

    public Task RegisterAsync(string source, object connection, object? extraction = null, object? sync = null, bool active = true)
        => Owner.PostAsync("api/sources", Source(source, connection, extraction, sync, active), HttpStatusCode.Created, Ct);

    public static object Source(string source, object connection, object? extraction = null, object? sync = null, bool active = true) => new
    {
        source_id = source,
        source_type = "webhook",
        connection_params = connection,
        extraction_params = extraction ?? new { },
        sync = sync ?? new { output_format = "jsonl" },
        is_active = active,
    };

    public Task<WebhookAnswer> SendAsync(string source, SignedDelivery delivery, string type = "application/json", string? encoding = null) => SendAsync(tenant, source, delivery, type, encoding);

    /// <summary>Sends it to any tenant's source.</summary>
    /// <param name="toTenant">Whose source it is.</param>
    /// <param name="source">The source.</param>
    /// <param name="delivery">What is sent.</param>
    /// <param name="type">The body's type.</param>
    /// <param name="encoding">How the body is encoded.</param>
    /// <param name="chunked">True sends no length.</param>
    /// <param name="asksFirst">Sends the body only once the server wants it, so that an answer that comes before is heard.</param>
    public async Task<WebhookAnswer> SendAsync(
        string toTenant, string source, SignedDelivery delivery, string type = "application/json", string? encoding = null, bool chunked = false, bool asksFirst = false)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"api/webhooks/{Uri.EscapeDataString(toTenant)}/{Uri.EscapeDataString(source)}") { Content = new ByteArrayContent(delivery.Body) };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        if (encoding is not null) request.Content.Headers.ContentEncoding.Add(encoding);
        (request.Headers.TransferEncodingChunked, request.Headers.ExpectContinue) = (chunked ? true : null, asksFirst ? true : null);
        foreach (var (name, value) in delivery.Headers) request.Headers.TryAddWithoutValidation(name, value);
        using var answer = await _sender.SendAsync(request, Ct);
        var text = await answer.Content.ReadAsStringAsync(Ct);
        return new WebhookAnswer((int)answer.StatusCode, text, answer.Headers.RetryAfter is not null);
    }

    /// <summary>Waits until the delivery's job has ended, and returns the delivery.</summary>
    public async Task<JsonElement> EndAsync(Guid delivery, int seconds = 150)
    {
        JsonElement state = default;
        await RunningSystem.WaitAsync(() => $"delivery {delivery} to end; last seen: {state}", async () =>
        {
            state = await Owner.GetJsonAsync($"api/webhooks/deliveries/{delivery}", Ct);
            return state.GetProperty("status").GetString() is "completed" or "failed";
        }, Ct, seconds);
        return state;
    }

    public void Dispose()
    {
        _sender.Dispose();
        Owner.Dispose();
    }

    private static HttpClient Sender(RunningSystem system, Uri? address)
    {
        using var known = system.Client("none", address: address);
        return new HttpClient(new DescribedAnswers.Handler(new SocketsHttpHandler { UseProxy = false, Expect100ContinueTimeout = TimeSpan.FromMinutes(1) })) { BaseAddress = known.BaseAddress };
    }
}

internal sealed record WebhookAnswer(int Status, string Text, bool HasRetryAfter)
{
    public Guid DeliveryId
    {
        get
        {
            Assert.True(Status == 202, $"{Status} {Text}");
            return JsonElement.Parse(Text).GetProperty("delivery_id").GetGuid();
        }
    }

    public string Key => JsonElement.Parse(Text).GetProperty("message_key").GetString()!;
}
