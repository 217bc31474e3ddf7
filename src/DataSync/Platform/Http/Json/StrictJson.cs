using System.Text.Json;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Authentication;
using DataSync.Platform.Http.Requests;
using Microsoft.AspNetCore.Http;

namespace DataSync.Platform.Http.Json;

/// <summary>
/// Reads a JSON body and names everything that is wrong with it at once. Endpoints take <see cref="Body{T}"/>, which calls this;
/// whatever is wrong is in the request's <see cref="RequestFaults"/>, and the handler then does not run.
/// </summary>
internal static class StrictJson
{
    private static readonly JsonReaderOptions Options = new() { MaxDepth = JsonScan.MaxDepth + 1 };

    public static async ValueTask<T?> ReadAsync<T>(HttpContext context) where T : IRequestBody<T>
    {
        var faults = RequestFaults.Of(context);
        if (RequestBody.HeaderFailure(context.Request) is { } refused)
        {
            faults.Fail(refused);
            return default;
        }

        if (await RequestBody.ReadAsync(context) is not { } body)
        {
            faults.Fail(SyncFailure.Permanent("errors.request.too_large"));
            return default;
        }

        return Read<T>(body.Bytes.Span, Caller.TenantOf(context), faults);
    }

    /// <summary>Reads a body that is at hand already, such as an example; the list holds what is wrong.</summary>
    public static RequestFaults Check<T>(ReadOnlySpan<byte> body) where T : IRequestBody<T>
    {
        var faults = new RequestFaults();
        Read<T>(body, null, faults);
        return faults;
    }

    private static T? Read<T>(ReadOnlySpan<byte> body, string? tenant, RequestFaults faults) where T : IRequestBody<T>
    {
        if (JsonScan.Check(body, faults) is { } failure)
        {
            faults.Fail(failure);
            return default;
        }

        // a string with a lone surrogate cannot be read at all
        if (faults.Faults.Any(f => f.MessageKey == "faults.surrogate")) return default;
        var reader = new Utf8JsonReader(body, Options);
        var root = JsonElement.ParseValue(ref reader);
        if (root.ValueKind != JsonValueKind.Object)
        {
            faults.Add(new Fault("", "faults.object"));
            return default;
        }

        var json = new JsonObjectReader(root, "", faults);
        if (tenant is not null) json.OwnTenant(tenant);
        var value = T.Read(json);
        json.Done();
        return value;
    }
}
