using System.Buffers;
using DataSync.Pipeline.Failures;

namespace DataSync.Alerts;

/// <summary>Ids that callers choose for rules and channels: short, and plain enough for a path, a label and a subject line.</summary>
internal static class AlertId
{
    private static readonly SearchValues<char> Allowed = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.");

    /// <summary>Refuses an id that nobody may choose.</summary>
    public static void Check(string id, string name)
    {
        if (id.Length is < 1 or > 100 || id.AsSpan().ContainsAnyExcept(Allowed))
            throw new SyncFailureException(SyncFailure.Permanent("errors.request.invalid")) { Faults = [new Fault("path/" + name, "faults.alert_id")] };
    }
}
