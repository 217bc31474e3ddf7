using System.Text.Json;

namespace DataSync.Extract.Connectors.Api.Http;

/// <summary>What may stand in a request that we send for a tenant.</summary>
internal static class ApiText
{
    private static readonly HashSet<string> OwnHeaders = new(StringComparer.OrdinalIgnoreCase)
    {
        "Host", "Connection", "Keep-Alive", "Transfer-Encoding", "TE", "Trailer", "Upgrade", "Expect", "Content-Length", "Content-Type", "Accept-Encoding",
        "Proxy-Authorization", "Proxy-Connection", "Proxy-Authenticate", "Forwarded", "Cookie2",
    };

    /// <summary>A name that is a token and that decides nothing of the connection.</summary>
    public static bool IsHeaderName(string name)
        => name.Length is > 0 and <= 200 && name.All(c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal)) && !OwnHeaders.Contains(name);

    /// <summary>Text without control characters, so that no value ends a header early.</summary>
    public static bool IsHeaderText(JsonElement value, int longest, bool empty = false)
        => Text(value) is { } text && text.Length <= longest && (empty || text.Length > 0) && !text.Any(char.IsControl);

    /// <summary>The text of a JSON string; null where it is none, or holds a lone surrogate.</summary>
    public static string? Text(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String) return null;
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>What is wrong with a URL that is to be called; null where nothing is. Plain HTTP is the operator's exception.</summary>
    public static string? UrlFault(string text, ExtractOptions options)
    {
        if (text.Length > 2000 || !Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("https" or "http")
            || url.UserInfo.Length > 0 || url.Fragment.Length > 0 || url.Host.Length == 0) return "faults.api.url";
        return url.Scheme == "http" && !options.IsTlsException(url.IdnHost.Trim('[', ']')) ? "faults.api.https" : null;
    }
}
