using System.Security.Cryptography;
using System.Text.Json;
using DataSync.Extract.Connectors.Api.Http;
using DataSync.Extract.Connectors.Api.Paging;
using DataSync.Extract.Json;
using DataSync.Pipeline;

namespace DataSync.Extract.Connectors.Api;

/// <summary><c>extraction_params</c> of an API, read: what is asked, where the records stand in the answer, and how pages follow.</summary>
internal sealed class ApiExtraction
{
    /// <summary>Pages of a reading at most, where the source does not say.</summary>
    public const long UsualMostPages = 100_000;

    /// <summary>Below the base URL.</summary>
    public required string Path { get; init; }

    /// <summary>The query's parameters, in order.</summary>
    public required IReadOnlyList<KeyValuePair<string, string>> Query { get; init; }

    /// <summary>Where the records stand in a JSON body; null for the body itself.</summary>
    public JmesPath? RecordsPath { get; init; }

    /// <summary>True where an answer without anything at <see cref="RecordsPath"/> is a page without records, instead of a failure.</summary>
    public bool EmptyIfMissing { get; init; }

    /// <summary><c>auto</c> (by content type), <c>json</c>, <c>jsonl</c> or <c>csv</c>.</summary>
    public required string Format { get; init; }

    public required byte CsvDelimiter { get; init; }
    public required Pagination Pagination { get; init; }
    public required long MostPages { get; init; }
    public required ResponseRules Rules { get; init; }

    /// <summary>Null where the source sets none.</summary>
    public ApiRateLimit? RateLimit { get; init; }

    /// <summary>Names a reading: positions of one are of no use to another.</summary>
    public required string Digest { get; init; }

    /// <summary>Reads what <see cref="ApiExtractionValidation"/> found nothing wrong with.</summary>
    /// <param name="given"><c>extraction_params</c>.</param>
    /// <param name="parameters">Values that take the place of the query's own, such as where an incremental sync begins.</param>
    public static ApiExtraction Read(JsonElement given, IReadOnlyDictionary<string, JsonElement> parameters)
    {
        var pagination = given.Given("pagination");
        var query = Queried(given, parameters);
        return new ApiExtraction
        {
            Path = Text(given, "path")!,
            Query = query,
            RecordsPath = Text(given, "records_path") is { } path ? JmesPath.Parse(path) : null,
            EmptyIfMissing = given.Given("empty_if_missing")?.GetBoolean() ?? false,
            Format = Text(given, "format") ?? "auto",
            CsvDelimiter = (byte)(Text(given, "csv_delimiter") ?? ",")[0],
            Pagination = Pagination.Read(pagination ?? default),
            MostPages = pagination is { } pages && pages.Given("max_pages") is { } most ? most.GetInt64() : UsualMostPages,
            Rules = ResponseRules.Read(given.Given("responses")),
            RateLimit = given.Given("rate_limit") is { } limit ? ApiRateLimit.Read(limit) : null,
            Digest = DigestOf(given, query),
        };
    }

    /// <summary>The first page's URL, without credentials.</summary>
    public Uri FirstUrl(Uri baseUrl)
    {
        var path = Path.TrimStart('/');
        var root = baseUrl.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped).TrimEnd('/');
        var url = new Uri((path.Length > 0 ? $"{root}/{path}" : root) + baseUrl.Query);
        foreach (var name in Query.Select(p => p.Key).Distinct(StringComparer.Ordinal)) url = UrlQuery.Without(url, name);
        return Query.Aggregate(url, (made, parameter) => UrlQuery.Add(made, parameter.Key, parameter.Value));
    }

    private static List<KeyValuePair<string, string>> Queried(JsonElement given, IReadOnlyDictionary<string, JsonElement> parameters)
    {
        List<KeyValuePair<string, string>> query = [];
        foreach (var parameter in given.Given("query") is { } own ? [.. own.EnumerateObject()] : Array.Empty<JsonProperty>())
        {
            if (parameters.ContainsKey(parameter.Name)) continue;
            IEnumerable<JsonElement> values = parameter.Value.ValueKind == JsonValueKind.Array ? parameter.Value.EnumerateArray() : [parameter.Value];
            query.AddRange(values.Select(v => KeyValuePair.Create(parameter.Name, QueryParameter.Text(v))).Where(p => p.Value is not null)!);
        }

        query.AddRange(parameters.Select(p => KeyValuePair.Create(p.Key, QueryParameter.Text(p.Value))).Where(p => p.Value is not null)!);
        if (Text(given, "cursor_param") is { } cursor && !query.Exists(p => p.Key == cursor) && given.Given("cursor_start") is { } start)
            query.Add(KeyValuePair.Create(cursor, QueryParameter.Text(start)!));
        return query;
    }

    /// <summary>What decides which records come in which order.</summary>
    private static string DigestOf(JsonElement given, List<KeyValuePair<string, string>> query)
    {
        var parts = new List<string> { Text(given, "path")!, Text(given, "records_path") ?? "", Text(given, "format") ?? "", given.Given("pagination")?.GetRawText() ?? "" };
        parts.AddRange(query.SelectMany(p => new[] { p.Key, p.Value }));
        return Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(parts)).AsSpan(0, 16));
    }

    private static string? Text(JsonElement given, string name) => given.Given(name)?.GetString();
}

/// <summary>Requests in a time, shared by all jobs of a source on all machines; <paramref name="Burst"/> of them may come at once.</summary>
internal sealed record ApiRateLimit(double Requests, double PerSeconds, int Burst)
{
    /// <summary>Time from one request to the next.</summary>
    public TimeSpan Interval => TimeSpan.FromSeconds(PerSeconds / Requests);

    public static ApiRateLimit Read(JsonElement given) => new(
        given.GetProperty("requests").GetDouble(),
        given.TryGetProperty("per_seconds", out var seconds) ? seconds.GetDouble() : 1,
        given.TryGetProperty("burst", out var burst) ? burst.GetInt32() : 1);
}
