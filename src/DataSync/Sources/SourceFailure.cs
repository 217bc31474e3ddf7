using DataSync.Pipeline.Failures;

namespace DataSync.Sources;

/// <summary>What can go wrong with a source as a whole.</summary>
internal static class SourceFailure
{
    /// <summary>What <see cref="Changed"/> says.</summary>
    public const string ChangedKey = "errors.source.changed";

    /// <summary>Absent, or another tenant's: the two look the same.</summary>
    public static SyncFailureException NotFound() => Of("errors.source.not_found");

    public static SyncFailureException Exists() => Of("errors.source.exists");

    /// <summary>A job still needs the source.</summary>
    public static SyncFailureException InUse() => Of("errors.source.in_use");

    /// <summary>Someone changed it after the caller read it.</summary>
    public static SyncFailureException Changed() => Of(ChangedKey);

    /// <summary>It was stored by a version that knew this driver; this one does not.</summary>
    public static SyncFailureException NoConnector() => Of("errors.source.no_connector");

    /// <summary>A webhook's records come when its provider sends them: there is nothing to fetch.</summary>
    public static SyncFailureException SendsByItself() => Of("errors.webhook.sends_by_itself");

    public static SyncFailureException TooSlow() => Of("errors.source.too_slow");

    /// <summary>Stored credentials do not open: the row was changed by another hand, or its key is gone.</summary>
    public static SyncFailureException Unreadable() => new(new SyncFailure(FailureKind.Critical, "errors.encryption.unreadable"));

    public static SyncFailureException Invalid(params IReadOnlyList<Fault> faults)
        => new(SyncFailure.Permanent("errors.request.invalid")) { Faults = faults };

    private static SyncFailureException Of(string key) => new(SyncFailure.Permanent(key));
}
