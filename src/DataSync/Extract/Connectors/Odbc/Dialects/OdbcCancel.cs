namespace DataSync.Extract.Connectors.Odbc.Dialects;

/// <summary>
/// How a statement is ended from another thread. ODBC has <c>SQLCancel</c> for it, but on the statement that runs it is hardly ever safe: unixODBC frees the statement's diagnostics
/// without a lock, and drivers close the cursor that the other thread fetches from. Either may end the whole process, then or much later.
/// </summary>
internal enum OdbcCancel
{
    /// <summary>By <c>SQLCancel</c> on the statement, once: nothing else is known of the driver.</summary>
    ByDriver,

    /// <summary>By <c>SQLCancel</c> on a statement of the same connection that does nothing: the driver ends what the connection does, and closes the idle one.</summary>
    ByIdleStatement,

    /// <summary>By a statement in a second session.</summary>
    BySecondSession,
}
