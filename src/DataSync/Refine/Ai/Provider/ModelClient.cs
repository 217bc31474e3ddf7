using System.ClientModel;
using System.ClientModel.Primitives;
using System.Security.Authentication;
using System.Text.Json;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Http.Egress;
using Microsoft.Extensions.AI;
using OpenAI;
using OpenAI.Chat;
using ChatFinishReason = Microsoft.Extensions.AI.ChatFinishReason;
using ChatMessage = Microsoft.Extensions.AI.ChatMessage;

namespace DataSync.Refine.Ai.Provider;

/// <summary>
/// One call of a model at the operator's endpoint, through the egress guard. The client repeats nothing by itself: whoever counts calls and money does. Judges what came back,
/// but not the answer's content.
/// </summary>
internal sealed class ModelClient : IDisposable
{
    /// <summary>An answer of the longest allowed output has a tenth of this.</summary>
    private const int LargestAnswer = 4 * 1024 * 1024;

    private readonly AiOptions _options;
    private readonly TimeProvider _time;
    private readonly HttpClient _http;
    private readonly OpenAIClient _client;

    public ModelClient(AiOptions options, EgressPolicy egress, TimeProvider time)
    {
        (_options, _time) = (options, time);
        var tls = EgressTls.Options(SslProtocols.Tls12 | SslProtocols.Tls13);
        _http = new HttpClient(new HeadWatch(EgressHandler.Create(egress, tls))) { Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = LargestAnswer };
        _client = new OpenAIClient(new ApiKeyCredential(options.ApiKey.Length > 0 ? options.ApiKey : "none"), new OpenAIClientOptions
        {
            Endpoint = options.BaseUrl,
            Transport = new HttpClientPipelineTransport(_http),
            RetryPolicy = new ClientRetryPolicy(0),
            NetworkTimeout = Timeout.InfiniteTimeSpan,
        });
    }

    /// <summary>Asks. Throws <see cref="SyncFailureException"/> where no call can succeed: a wrong key, an unknown model, no credit left.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="messages">What is said.</param>
    /// <param name="schema">The schema of the answer.</param>
    /// <param name="mostTokens">Length of the answer at most.</param>
    /// <param name="key">Names the call: a provider that knows idempotency keys answers a repeat from its memory.</param>
    /// <param name="gate">Hears what the answer's head says about limits.</param>
    /// <param name="pass">What the gate let the call out with.</param>
    /// <param name="ct">Ends the call.</param>
    public async Task<ModelReply> AskAsync(
        string model, IReadOnlyList<ChatMessage> messages, JsonElement schema, int mostTokens, string key, RateGate gate, RateGate.Pass pass, CancellationToken ct)
    {
        using var patience = new CancellationTokenSource(_options.Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, patience.Token);
        using var watching = HeadWatch.Watch(key, (status, headers) => gate.Told(pass, status, headers));
        try
        {
            using var chat = _client.GetChatClient(model).AsIChatClient();
            var response = await chat.GetResponseAsync(messages, Options(schema, mostTokens), either.Token);
            var used = UseOf(response.Usage);
            if (response.FinishReason == ChatFinishReason.ContentFilter || IsRefusal(response)) return new ModelReply.Refused("refused", used);
            return new ModelReply.Answered(response.Text, response.FinishReason == ChatFinishReason.Length, used);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return new ModelReply.Failed("timeout", MayBePaid: true);
        }
        catch (Exception e) when (Refusal(e) is { } refused)
        {
            throw new SyncFailureException(refused, e);
        }
        catch (ClientResultException e)
        {
            return OfStatus(e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or InvalidDataException or SyncFailureException)
        {
            return new ModelReply.Failed("connection", Delivery.MayBePaid(e));
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException or KeyNotFoundException or ArgumentException or NotSupportedException)
        {
            // An answer that is no chat completion at all: cut by a proxy, a page of HTML.
            return new ModelReply.Failed("unreadable", MayBePaid: true);
        }
    }

    public void Dispose() => _http.Dispose();

    /// <summary>The response format is made by hand: the library does not send <c>strict</c> by itself.</summary>
    private static ChatOptions Options(JsonElement schema, int mostTokens) => new()
    {
        MaxOutputTokens = mostTokens,
        RawRepresentationFactory = _ => new ChatCompletionOptions
        {
            ResponseFormat = OpenAI.Chat.ChatResponseFormat.CreateJsonSchemaFormat("record", BinaryData.FromString(schema.GetRawText()), jsonSchemaIsStrict: true),
        },
    };

    /// <summary>Null where the provider does not tell, or tells what cannot be: a call takes tokens.</summary>
    private static TokenUse? UseOf(UsageDetails? told)
        => told is { InputTokenCount: { } input and >= 0, OutputTokenCount: { } output and >= 0 } && input + output > 0 ? new TokenUse(input, output) : null;

    private static bool IsRefusal(ChatResponse response) => response.RawRepresentation is ChatCompletion { Refusal.Length: > 0 };

    /// <summary>The egress guard's word, which comes wrapped: not this endpoint, ever.</summary>
    private static SyncFailure? Refusal(Exception error)
    {
        for (var e = error; e is not null; e = e.InnerException!)
        {
            if (e is SyncFailureException { Failure: { Kind: FailureKind.Permanent } failure }) return failure;
        }

        return null;
    }

    private static ModelReply OfStatus(ClientResultException error)
    {
        var code = CodeOf(error);
        return error.Status switch
        {
            _ when code is "insufficient_quota" => throw Terminal("errors.ai.quota", error),
            401 or 403 => throw Terminal("errors.ai.unauthorized", error),
            404 => throw Terminal("errors.ai.model", error),
            429 => new ModelReply.Throttled(),
            400 or 413 or 422 when code is "context_length_exceeded" || error.Status == 413 => new ModelReply.Refused("too_large", TokenUse.None),
            400 or 422 when code is "content_filter" or "content_policy_violation" => new ModelReply.Refused("refused", TokenUse.None),
            400 or 422 => new ModelReply.Refused("rejected", TokenUse.None),
            0 => new ModelReply.Failed("connection", Delivery.MayBePaid(error)),
            _ => new ModelReply.Failed(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"status_{error.Status}"), Delivery.MayBePaid(error.Status)),
        };
    }

    private static SyncFailureException Terminal(string key, Exception cause) => new(SyncFailure.Permanent(key), cause);

    /// <summary>The error's code; its message may quote the record and is not read.</summary>
    private static string? CodeOf(ClientResultException error)
    {
        try
        {
            var body = JsonElement.Parse((error.GetRawResponse()?.Content.ToMemory() ?? default).Span);
            if (body.ValueKind != JsonValueKind.Object || !body.TryGetProperty("error", out var told) || told.ValueKind != JsonValueKind.Object) return null;
            var code = told.TryGetProperty("code", out var given) && given.ValueKind == JsonValueKind.String ? given.GetString() : null;
            return code ?? (told.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String ? type.GetString() : null);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
