using System.Text.Json;
using DataSync.Extract.Connectors.Api.Auth;
using DataSync.Extract.Connectors.Api.Http;
using DataSync.Extract.Connectors.Network;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Connectors.Api;

/// <summary><c>connection_params</c> of an API, read. Holds secrets.</summary>
internal sealed class ApiConnection(Uri baseUrl, ApiAuth auth, IReadOnlyList<KeyValuePair<string, string>> headers, ApiTls? tls)
{
    /// <summary>Members of <c>connection_params</c>.</summary>
    public static readonly IReadOnlySet<string> Members = new HashSet<string>(StringComparer.Ordinal) { "base_url", "auth", "headers" }.Concat(ApiTls.Members).ToHashSet(StringComparer.Ordinal);

    private const int LongestHeader = 16_384;

    public Uri BaseUrl { get; } = baseUrl;

    public ApiAuth Auth { get; } = auth;

    /// <summary>Further headers of every request, the tenant's.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; } = headers;

    /// <summary>What the source asks of TLS; null for nothing but the usual.</summary>
    public ApiTls? Tls { get; } = tls;

    public static ApiConnection Read(SourceConnection source, ExtractOptions options)
    {
        var given = source.ConnectionParams;
        ConnectionFaults.Demand(Validate(given, options));
        return new ApiConnection(
            new Uri(given.GetProperty("base_url").GetString()!),
            ApiAuth.Read(given.TryGetProperty("auth", out var auth) ? auth : default),
            given.TryGetProperty("headers", out var headers) && headers.ValueKind == JsonValueKind.Object
                ? [.. headers.EnumerateObject().Select(h => KeyValuePair.Create(h.Name, h.Value.GetString()!))]
                : [],
            ApiTls.Read(given, source.Owner));
    }

    /// <summary>Names everything wrong with the parameters. A secret that is kept (<c>***</c>) is judged when it is used.</summary>
    public static IEnumerable<Fault> Validate(JsonElement given, ExtractOptions options)
    {
        foreach (var fault in SourceFields.Unknown(given, Members).Concat(SourceFields.Text(given, "base_url", 2000))) yield return fault;
        if (SourceFields.Has(given, "driver", out _)) yield return SourceFields.Fault("driver", "faults.source.unknown", ("name", "driver"));
        if (SourceFields.Has(given, "base_url", out var url) && ApiText.Text(url) is { Length: > 0 } text && ApiText.UrlFault(text, options) is { } key)
            yield return SourceFields.Fault("base_url", key);
        var host = SourceFields.Has(given, "base_url", out url) && Uri.TryCreate(ApiText.Text(url), UriKind.Absolute, out var reached) ? reached.IdnHost.Trim('[', ']') : null;
        foreach (var fault in new TlsParametersValidation(options).Validate(given, "base_url", host)) yield return fault;
        if (SourceFields.Has(given, "auth", out var auth))
        {
            foreach (var fault in ApiAuthValidation.Validate(auth, options)) yield return fault;
        }

        if (!SourceFields.Has(given, "headers", out var headers) || headers.ValueKind == JsonValueKind.Null || ApiText.Text(headers) == "***") yield break;
        if (headers.ValueKind != JsonValueKind.Object)
        {
            yield return SourceFields.Fault("headers", "faults.source.object");
            yield break;
        }

        foreach (var header in headers.EnumerateObject())
        {
            var at = "/connection_params/headers" + JsonPointer.Segment(header.Name);
            if (!ApiText.IsHeaderName(header.Name)) yield return new Fault(at, "faults.api.header_name");
            else if (!ApiText.IsHeaderText(header.Value, LongestHeader)) yield return new Fault(at, "faults.source.text", ("name", header.Name), ("longest", LongestHeader));
        }
    }
}
