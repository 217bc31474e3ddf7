namespace DataSync.Extract.Connectors.Network;

/// <summary>A driver agrees on TLS and logs in in one go; what a connection test says of the two.</summary>
internal static class TlsCheck
{
    private static readonly string[] OfTls = ["errors.connection.tls", "errors.connection.tds8", "errors.connection.client_certificate"];

    /// <summary>
    /// Adds both checks; true where a session is open. TLS has passed where there is one, or where the server's certificate was judged and taken before the attempt failed. Whatever
    /// else ended the attempt ended it before TLS was had, and stands at TLS.
    /// </summary>
    /// <param name="checks">Where to.</param>
    /// <param name="mode">Without TLS there is no check of it.</param>
    /// <param name="opened">What opening a session came to.</param>
    /// <param name="tls">What the last attempt's TLS came to; null where none was made.</param>
    public static bool Add(CheckList checks, TlsMode mode, CheckList.Outcome opened, ServerTls? tls)
    {
        var passed = opened.Failure is null || (tls is { IsTaken: true } && !OfTls.Contains(opened.Failure.MessageKey));
        if (mode != TlsMode.Disable) checks.Add("tls", passed ? opened with { Failure = null, Params = tls?.Seen() } : opened);
        if (passed || mode == TlsMode.Disable) checks.Add("authenticate", opened);
        return opened.Failure is null;
    }
}
