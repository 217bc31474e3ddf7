using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace DataSync.Refine.LabelStudio.Api;

/// <summary>A Label Studio and how to log in there. Holds a secret: it is no record, so that nothing prints it.</summary>
internal sealed class LabelStudioServer(Uri url, string apiKey)
{
    /// <summary>The base address, with a slash at its end.</summary>
    public Uri Url { get; } = url;

    /// <summary>A legacy token or a personal access token.</summary>
    public string ApiKey { get; } = apiKey;

    /// <summary>Names the server and who logs in, one-way: tokens and the like are kept under it.</summary>
    public string Digest { get; } = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{url.AbsoluteUri}\n{apiKey}")));

    /// <summary>Reads a base address: http or https, without credentials, query and fragment. A path before <c>/api/</c> is kept.</summary>
    public static bool TryReadUrl(string text, [NotNullWhen(true)] out Uri? url)
    {
        url = null;
        if (!Uri.TryCreate(text.TrimEnd('/') + "/", UriKind.Absolute, out var read) || (read.Scheme != Uri.UriSchemeHttp && read.Scheme != Uri.UriSchemeHttps)) return false;
        if (read.UserInfo.Length > 0 || read.Query.Length > 0 || read.Fragment.Length > 0 || read.Host.Length == 0) return false;
        url = read;
        return true;
    }

    /// <summary>The address of an endpoint, given without a leading slash and with the trailing one that the server asks for: it answers a redirect to the other spelling.</summary>
    public Uri At(string path) => new(Url, path);

    public override string ToString() => Url.IdnHost;
}
