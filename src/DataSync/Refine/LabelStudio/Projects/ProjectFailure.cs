using DataSync.Pipeline.Failures;

namespace DataSync.Refine.LabelStudio.Projects;

/// <summary>What can be wrong with a project before anything is asked of its server.</summary>
internal static class ProjectFailure
{
    public const string NotBoundKey = "errors.label_studio.not_bound";

    /// <summary>Not this tenant's, whoever else's it may be.</summary>
    public static SyncFailureException NotBound(long project) => Of(NotBoundKey, ("project", project));

    /// <summary>The project is of the operator's server, and there is none.</summary>
    public static SyncFailureException NotConfigured() => Of("errors.label_studio.not_configured");

    /// <summary>The project is at another server now than the one that tasks were sent to: their numbers mean others there.</summary>
    public static SyncFailureException Moved(long project) => Of("errors.label_studio.moved", ("project", project));

    /// <summary>The stored key does not open: the row was changed by another hand, or its key is gone.</summary>
    public static SyncFailureException Unreadable() => new(new SyncFailure(FailureKind.Critical, "errors.encryption.unreadable"));

    /// <summary>One member of a request is wrong.</summary>
    public static SyncFailureException Invalid(string member, string key) => new(SyncFailure.Permanent("errors.request.invalid")) { Faults = [new Fault("/" + member, key)] };

    private static SyncFailureException Of(string key, params (string Name, object? Value)[] values) => new(SyncFailure.Permanent(key, values));
}
