using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Connectors;

/// <summary>Stored parameters are checked again before each use: the rules may have become stricter since they were saved.</summary>
internal static class ConnectionFaults
{
    /// <summary>Fails with <c>errors.connection.parameters</c> and everything that is wrong.</summary>
    public static void Demand(IEnumerable<Fault> found)
    {
        var faults = found.ToList();
        if (faults.Count > 0) throw new SyncFailureException(SyncFailure.Permanent("errors.connection.parameters")) { Faults = faults };
    }
}
