using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Connectors.Postgres;

/// <summary>
/// A login with REPLICATION makes, empties and drops slots by functions, which no read-only transaction stops and no end without a commit undoes; who may call them cannot be taken from it. A query
/// may call them by any name (through a view, an operator, a function that runs text), so nothing that could call anything is run by such a login: it reads tables alone, and that is all
/// that following changes needs.
/// </summary>
internal static class SlotGuard
{
    /// <summary>True of a row of <c>pg_class</c> called <c>c</c> whose reading calls nothing of its owner's: no view, and no policy that hides rows.</summary>
    public const string IsPlain = "c.relkind <> 'v' AND NOT pg_catalog.row_security_active(c.oid)";

    public static SyncFailureException Refusal() => new(SyncFailure.Permanent("errors.extraction.replication_login"));
}
