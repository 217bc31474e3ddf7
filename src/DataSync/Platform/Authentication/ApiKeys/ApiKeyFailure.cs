using DataSync.Pipeline.Failures;

namespace DataSync.Platform.Authentication.ApiKeys;

/// <summary>What can be wrong with a key that is asked for.</summary>
internal static class ApiKeyFailure
{
    /// <summary>A key would be good for more than who makes it.</summary>
    public static SyncFailureException Scopes(IEnumerable<string> lacking) => new(SyncFailure.Permanent("errors.api_key.scopes", ("scopes", string.Join(", ", lacking))));

    public static SyncFailureException TooMany(int limit) => new(SyncFailure.Permanent("errors.api_key.too_many", ("limit", limit)));

    /// <summary>Absent, or another tenant's.</summary>
    public static SyncFailureException NotFound() => new(SyncFailure.Permanent("errors.api_key.not_found"));

    /// <summary>It would end too late, or has ended before it began.</summary>
    public static SyncFailureException Expiry(string key, params (string Name, object? Value)[] values)
        => new(SyncFailure.Permanent("errors.request.invalid")) { Faults = [new Fault("/expires_at", key, values)] };
}
