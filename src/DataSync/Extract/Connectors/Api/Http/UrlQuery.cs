namespace DataSync.Extract.Connectors.Api.Http;

/// <summary>Changes a URL's query, one parameter by name, and leaves everything else in it as it stands.</summary>
internal static class UrlQuery
{
    /// <summary>The URL with the parameter set: what it had of that name is gone.</summary>
    public static Uri With(Uri url, string name, string value) => Add(Without(url, name), name, value);

    /// <summary>The URL with one more parameter, which may repeat a name.</summary>
    public static Uri Add(Uri url, string name, string value)
    {
        var part = $"{Uri.EscapeDataString(name)}={Uri.EscapeDataString(value)}";
        return Build(url, url.Query.Length > 1 ? $"{url.Query[1..]}&{part}" : part);
    }

    public static Uri Without(Uri url, string name)
    {
        if (url.Query.Length <= 1) return url;
        var parts = url.Query[1..].Split('&');
        var kept = Array.FindAll(parts, p => !string.Equals(NameOf(p), name, StringComparison.Ordinal));
        return kept.Length == parts.Length ? url : Build(url, string.Join('&', kept));
    }

    /// <summary>True where two URLs lead to the same scheme, host and port.</summary>
    public static bool IsSameOrigin(Uri one, Uri other)
        => string.Equals(one.Scheme, other.Scheme, StringComparison.Ordinal) && one.Port == other.Port
            && string.Equals(one.IdnHost, other.IdnHost, StringComparison.OrdinalIgnoreCase);

    private static string NameOf(string part)
    {
        var name = part.IndexOf('=', StringComparison.Ordinal) is var at and >= 0 ? part[..at] : part;
        return Uri.UnescapeDataString(name.Replace('+', ' '));
    }

    /// <summary>Without user information and fragment: neither is ever sent.</summary>
    private static Uri Build(Uri url, string query)
        => new(url.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped) + (query.Length > 0 ? "?" + query : ""));
}
