namespace DataSync.Refine.Ai.Provider;

/// <summary>
/// Whether a call that failed may have been worked on, and so be paid. It was surely not where no connection came about, or where the provider answers with an error of its own. A line that breaks, an answer that
/// cannot be read and a gateway that lost sight of the model say nothing of what the model did.
/// </summary>
internal static class Delivery
{
    /// <summary>Whether an error's status leaves it open.</summary>
    public static bool MayBePaid(int status) => status is < 300 or 408 or 499 or 502 or 504 or (>= 520 and <= 527);

    /// <summary>Whether a broken call leaves it open.</summary>
    public static bool MayBePaid(Exception error)
    {
        for (var e = error; e is not null; e = e.InnerException!)
        {
            // The egress guard speaks before anything is sent.
            if (e is Pipeline.Failures.SyncFailureException) return false;
            if (e is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError }) return false;
        }

        return true;
    }
}
