using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Authentication;
using DataSync.Platform.Http.Correlation;
using DataSync.Platform.Http.Json;
using DataSync.Platform.Localization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace DataSync.Platform.Http.Errors;

/// <summary>
/// The one place that answers a failure: RFC 9457 problem details with the design's own members, in the caller's language.
/// A key that is not catalogued is a mistake of ours: it is logged and answered as an internal error.
/// </summary>
internal sealed partial class ProblemWriter(ErrorCatalogue catalogue, Messages messages, TimeProvider time, ILogger<ProblemWriter> logger)
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.Create(UnicodeRanges.All) };

    /// <summary>Answers a refused request with all its faults.</summary>
    public Task WriteAsync(HttpContext context, IReadOnlyList<Fault> faults) => WriteAsync(context, RequestFailure.Invalid, faults);

    /// <summary>Answers a failure; what the response holds so far is dropped, its headers kept.</summary>
    public async Task WriteAsync(HttpContext context, SyncFailure failure, IReadOnlyList<Fault>? faults = null)
    {
        var error = catalogue.Find(failure.MessageKey);
        if (error is null)
        {
            LogUncatalogued(failure.MessageKey);
            error = catalogue.Internal;
            failure = SyncFailure.Permanent(error.Key);
        }

        var response = context.Response;
        response.StatusCode = error.Status;
        response.ContentType = "application/problem+json";
        response.Headers.ContentLanguage = RequestLanguage.Of(context);
        if (failure.RetryAfter is { } wait) response.Headers.RetryAfter = Seconds(wait).ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (LeavesBodyUnread(context, error)) response.Headers.Connection = "close";
        var body = Body(context, error, failure, faults ?? []);
        response.ContentLength = body.WrittenCount;
        if (!HttpMethods.IsHead(context.Request.Method)) await response.Body.WriteAsync(body.WrittenMemory, context.RequestAborted);
    }

    private ArrayBufferWriter<byte> Body(HttpContext context, CataloguedError error, SyncFailure failure, IReadOnlyList<Fault> faults)
    {
        var language = RequestLanguage.Of(context);
        var correlationId = CorrelationId.Of(context);
        var values = new Dictionary<string, object?>(failure.Params ?? new Dictionary<string, object?>(), StringComparer.Ordinal);
        values.TryAdd("correlation_id", correlationId);
        var message = messages.Format(error.Key, language, values);
        var buffer = new ArrayBufferWriter<byte>(1024);
        using var json = new Utf8JsonWriter(buffer, Options);
        json.WriteStartObject();
        json.WriteString("type", $"/errors/{error.Code}");
        json.WriteString("title", messages.Format($"titles.{error.Type}", language));
        json.WriteNumber("status", error.Status);
        json.WriteString("detail", message);
        json.WriteString("error_code", error.Code);
        json.WriteString("error_type", error.Type);
        json.WriteString("message_key", error.Key);
        json.WriteString("message", message);
        ProblemValues.Write(json, "message_params", failure.Params);
        json.WriteStartObject("details");
        if (failure.RetryAfter is { } wait) json.WriteNumber("retry_after_seconds", Seconds(wait));
        json.WriteEndObject();
        json.WriteStartArray("errors");
        foreach (var fault in faults) WriteFault(json, fault, language);
        json.WriteEndArray();
        json.WriteString("correlation_id", correlationId);
        json.WriteString("timestamp", time.GetUtcNow().UtcDateTime);
        json.WriteString("tenant_id", Caller.TenantOf(context));
        json.WriteEndObject();
        json.Flush();
        return buffer;
    }

    private void WriteFault(Utf8JsonWriter json, Fault fault, string language)
    {
        json.WriteStartObject();
        json.WriteString("path", fault.Path);
        json.WriteString("message_key", fault.MessageKey);
        json.WriteString("message", messages.Format(fault.MessageKey, language, fault.Params));
        ProblemValues.Write(json, "message_params", fault.Params);
        if (catalogue.Find(fault.MessageKey) is { } error) json.WriteString("error_code", error.Code);
        json.WriteEndObject();
    }

    /// <summary>The server ends a connection on which too large a body is still coming; said in time, no client sends its next request there.</summary>
    private static bool LeavesBodyUnread(HttpContext context, CataloguedError error)
        => HttpProtocol.IsHttp11(context.Request.Protocol) && (error.Status == StatusCodes.Status413PayloadTooLarge || context.Request.ContentLength > RequestBody.DefaultLimit);

    private static long Seconds(TimeSpan wait) => Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds));

    [LoggerMessage(1201, LogLevel.Error, "The failure {MessageKey} is in no catalogue; it was answered as an internal error")]
    private partial void LogUncatalogued(string messageKey);
}
