using System.Globalization;
using System.Net;
using System.Text.Json;
using DataSync.Extract.Json;

namespace DataSync.Extract.Connectors.Api.Http;

/// <summary>What is made of an answer.</summary>
internal enum ResponseAction
{
    /// <summary>Its records are read.</summary>
    Read,

    /// <summary>It counts as a page without records, and so as the last.</summary>
    Ignore,

    /// <summary>The request is made again by the policy of retries.</summary>
    Retry,

    /// <summary>The source wants us to wait; then the request is made again.</summary>
    RateLimited,

    /// <summary>The sync ends.</summary>
    Fail,
}

/// <summary>Decides what is made of an answer: the source's own rules first, the first that fits; then what HTTP means.</summary>
internal sealed class ResponseRules(IReadOnlyList<ResponseRule> rules)
{
    /// <summary>True where a rule looks into bodies of this status.</summary>
    public bool LooksInside(HttpStatusCode status) => rules.Any(r => r.Path is not null && r.Covers((int)status));

    /// <summary>What is made of an answer.</summary>
    /// <param name="response">The answer's head.</param>
    /// <param name="body">Its body, where it was read and is JSON; undefined elsewhere.</param>
    public ResponseAction Decide(HttpResponseMessage response, JsonElement body)
        => rules.FirstOrDefault(r => r.Fits(response, body))?.Then ?? Usual(response);

    public static ResponseRules Read(JsonElement? given) => new(given is { } list ? [.. list.EnumerateArray().Select(ResponseRule.Read)] : []);

    private static ResponseAction Usual(HttpResponseMessage response) => (int)response.StatusCode switch
    {
        >= 200 and < 300 => ResponseAction.Read,
        429 => ResponseAction.RateLimited,
        408 or 425 or 500 or 502 or 503 or 504 => ResponseAction.Retry,
        _ => ResponseAction.Fail,
    };
}

/// <summary>One rule: all it names must hold.</summary>
/// <param name="Statuses">Statuses, or classes of them as 1 to 5; empty for all.</param>
/// <param name="Header">A header that must be there.</param>
/// <param name="Path">Something that must be in the JSON body, and not null.</param>
/// <param name="Value">The text that header or body must have; null for any.</param>
/// <param name="Then">What is made of the answer.</param>
internal sealed record ResponseRule(IReadOnlyList<int> Statuses, string? Header, JmesPath? Path, string? Value, ResponseAction Then)
{
    public static readonly IReadOnlyDictionary<string, ResponseAction> Actions = new Dictionary<string, ResponseAction>(StringComparer.Ordinal)
    {
        ["ignore"] = ResponseAction.Ignore,
        ["retry"] = ResponseAction.Retry,
        ["rate_limited"] = ResponseAction.RateLimited,
        ["fail"] = ResponseAction.Fail,
    };

    public static ResponseRule Read(JsonElement given) => new(
        given.TryGetProperty("status", out var status) ? status.ValueKind == JsonValueKind.Array ? [.. status.EnumerateArray().Select(Status)] : [Status(status)] : [],
        given.TryGetProperty("header", out var header) ? header.GetString() : null,
        given.TryGetProperty("path", out var path) ? JmesPath.Parse(path.GetString()!) : null,
        given.TryGetProperty("equals", out var equals) ? QueryParameter.Text(equals) : null,
        Actions[given.GetProperty("then").GetString()!]);

    public bool Covers(int status) => Statuses.Count == 0 || Statuses.Contains(status) || Statuses.Contains(status / 100);

    public bool Fits(HttpResponseMessage response, JsonElement body)
    {
        if (!Covers((int)response.StatusCode)) return false;
        if (Header is not null && !(Find(response, Header) is { } value && (Path is not null || Is(value)))) return false;
        if (Path is null) return true;
        var found = Path.Find(body);
        return found.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null) && Is(QueryParameter.Text(found)!);
    }

    /// <summary><c>404</c>, or <c>"4xx"</c> for a class.</summary>
    private static int Status(JsonElement status)
        => status.ValueKind == JsonValueKind.Number ? status.GetInt32() : int.Parse(status.GetString()!.AsSpan(0, 1), CultureInfo.InvariantCulture);

    private static string? Find(HttpResponseMessage response, string name)
        => response.Headers.TryGetValues(name, out var values) || response.Content.Headers.TryGetValues(name, out values) ? values.FirstOrDefault() : null;

    private bool Is(string text) => Value is null || string.Equals(text, Value, StringComparison.Ordinal);
}
