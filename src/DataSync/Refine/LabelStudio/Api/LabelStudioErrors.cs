using System.Net;
using DataSync.Pipeline.Failures;

namespace DataSync.Refine.LabelStudio.Api;

/// <summary>
/// What an answer of Label Studio means where it is none to read. Nothing of its text is shown or kept: a server's own error may hold a trace of its stack, or data.
/// </summary>
internal static class LabelStudioErrors
{
    public const string Refused = "errors.label_studio.refused";
    public const string Authentication = "errors.label_studio.authentication";
    public const string BusyKey = "errors.label_studio.busy";
    private const string LegacyDisabled = "legacy token authentication has been disabled";

    /// <summary>The failure of a status that is no success.</summary>
    /// <param name="url">Where it came from.</param>
    /// <param name="status">The status.</param>
    /// <param name="text">The beginning of the body, looked at for one known cause alone.</param>
    /// <param name="wish">The server's own wish for a wait.</param>
    public static SyncFailureException Status(Uri url, HttpStatusCode status, string text, TimeSpan? wish)
    {
        var code = (int)status;
        var (kind, key) = code switch
        {
            401 when text.Contains(LegacyDisabled, StringComparison.OrdinalIgnoreCase) => (FailureKind.Permanent, "errors.label_studio.legacy_token"),
            401 or 403 => (FailureKind.Permanent, Authentication),
            429 or 503 => (FailureKind.Transient, BusyKey),
            404 => (FailureKind.Permanent, "errors.label_studio.not_found"),
            400 or 413 or 422 => (FailureKind.Permanent, Refused),
            408 or 425 or >= 500 => (FailureKind.Transient, "errors.label_studio.status"),
            _ => (FailureKind.Permanent, "errors.label_studio.status"),
        };
        return new SyncFailureException(SyncFailure.Permanent(key, ("host", url.IdnHost), ("status", code)) with { Kind = kind, RetryAfter = wish });
    }

    /// <summary>An answer that is not what it should be. It may have been cut off on its way, so it is asked for again.</summary>
    public static SyncFailureException Body(Uri url, Exception? inner = null)
        => new(SyncFailure.Transient("errors.label_studio.body", ("host", url.IdnHost)), inner);

    /// <summary>Tasks that the server took and then could not use.</summary>
    public static SyncFailureException ImportFailed(Uri url)
        => new(SyncFailure.Permanent(Refused, ("host", url.IdnHost), ("status", 201)));

    /// <summary>An import that runs in the background and does not end.</summary>
    public static SyncFailureException ImportOpen(Uri url) => new(SyncFailure.Transient("errors.label_studio.import_open", ("host", url.IdnHost)));
}
