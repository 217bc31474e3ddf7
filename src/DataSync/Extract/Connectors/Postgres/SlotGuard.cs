using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Connectors.Postgres;

/// <summary>
/// A login with REPLICATION makes, empties and drops slots by functions, which no read-only transaction stops and no end without a commit undoes; who may call them cannot be taken from it. A query
/// may call them by any name (through a view, an operator, a function that runs text), so nothing that could call anything is run by such a login: it reads tables alone, and that is all
/// that following changes needs.
/// </summary>
internal static class SlotGuard
{
    /// <summary>
    /// True of a row of <c>pg_class</c> called <c>c</c> whose reading calls nothing of its owner's: no view, no policy that hides rows, and no key or cursor of a type that is checked by an expression
    /// (a domain, or what may hold one), because values are given to the server as such.
    /// </summary>
    /// <param name="cursor">The name of the column that is compared, as SQL; that of none for none.</param>
    public static string IsPlain(string cursor) =>
        $"""
        (c.relkind <> 'v' AND NOT pg_catalog.row_security_active(c.oid) AND NOT EXISTS (
            SELECT FROM pg_catalog.pg_attribute ca JOIN pg_catalog.pg_type ct ON ct.oid = ca.atttypid LEFT JOIN pg_catalog.pg_type ce ON ce.oid = ct.typelem AND ct.typcategory = 'A'
            WHERE ca.attrelid = c.oid AND coalesce(ce.typtype, ct.typtype) NOT IN ('b', 'e') AND coalesce(ce.typnamespace, ct.typnamespace) <> 'pg_catalog'::regnamespace
                AND (ca.attname = {cursor} OR EXISTS (SELECT FROM pg_catalog.pg_index ci WHERE ci.indrelid = c.oid AND ci.indisprimary AND ca.attnum = ANY (ci.indkey)))))
        """;

    public static SyncFailureException Refusal() => new(SyncFailure.Permanent("errors.extraction.replication_login"));
}
