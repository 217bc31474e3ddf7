using System.Diagnostics.CodeAnalysis;
using DataSync.Pipeline.Failures;

namespace DataSync.Alerts.Channels;

/// <summary>Addresses of receivers: https, without a user, a password or a fragment.</summary>
internal sealed class ChannelUrl(AlertOptions options)
{
    public IEnumerable<Fault> Check(string? url)
    {
        if (!TryRead(url, out var read)) yield return new Fault("/url", "faults.alert_url");
        else if (read.Scheme != Uri.UriSchemeHttps && !options.IsTlsException(read.IdnHost)) yield return new Fault("/url", "faults.alert_tls");
    }

    public static bool TryRead(string? url, [NotNullWhen(true)] out Uri? read)
        => Uri.TryCreate(url, UriKind.Absolute, out read) && (read.Scheme == Uri.UriSchemeHttps || read.Scheme == Uri.UriSchemeHttp) && read.UserInfo.Length == 0 && read.Fragment.Length == 0 && read.Host.Length > 0;
}
