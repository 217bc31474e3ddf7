using DataSync.Pipeline.Failures;
using SQLitePCL;

namespace DataSync.Extract.Connectors.Sqlite;

/// <summary>Maps SQLite's result codes to the closed set of failures.</summary>
internal static class SqliteErrors
{
    public static SyncFailure Of(int result, string text) => (result & 0xFF) switch
    {
        raw.SQLITE_AUTH or raw.SQLITE_READONLY or raw.SQLITE_PERM => Permanent("errors.extraction.statement_refused", result),
        raw.SQLITE_BUSY or raw.SQLITE_LOCKED => SyncFailure.Transient("errors.extraction.lock_timeout", ("sqlstate", result)),
        raw.SQLITE_INTERRUPT => Permanent("errors.extraction.statement_timeout", result),
        raw.SQLITE_NOTADB or raw.SQLITE_CORRUPT or raw.SQLITE_FORMAT => SyncFailure.Permanent("errors.connection.not_a_database"),
        raw.SQLITE_CANTOPEN => SyncFailure.Permanent("errors.connection.file_unreadable"),
        raw.SQLITE_IOERR => SyncFailure.Transient("errors.connection.file_lost"),
        raw.SQLITE_NOMEM or raw.SQLITE_FULL => SyncFailure.Transient("errors.extraction.resources", ("sqlstate", result)),
        raw.SQLITE_TOOBIG => Permanent("errors.extraction.query_limit", result),
        raw.SQLITE_MISMATCH => Permanent("errors.extraction.data", result),
        raw.SQLITE_ERROR => Permanent(OfText(text), result),
        _ => Permanent("errors.extraction.failed", result),
    };

    /// <summary>For most mistakes in a statement SQLite has one code, and tells them apart in its text alone.</summary>
    private static string OfText(string text)
    {
        if (text.StartsWith("no such table", StringComparison.Ordinal)) return "errors.extraction.undefined_table";
        if (text.StartsWith("no such column", StringComparison.Ordinal)) return "errors.extraction.undefined_column";
        if (text.StartsWith("not authorized", StringComparison.Ordinal)) return "errors.extraction.statement_refused";
        if (IsLimit(text)) return "errors.extraction.query_limit";
        return text.Contains("overflow", StringComparison.Ordinal) || text.Contains("JSON", StringComparison.Ordinal)
            ? "errors.extraction.data"
            : "errors.extraction.syntax";
    }

    /// <summary>The statement is in order, and more than SQLite's limits let through.</summary>
    private static bool IsLimit(string text)
        => text.StartsWith("too many ", StringComparison.Ordinal) || text.StartsWith("at most ", StringComparison.Ordinal) || text.StartsWith("Expression tree is too large", StringComparison.Ordinal)
            || text.StartsWith("LIKE or GLOB pattern too complex", StringComparison.Ordinal) || text.StartsWith("parser stack overflow", StringComparison.Ordinal);

    private static SyncFailure Permanent(string key, int result) => SyncFailure.Permanent(key, ("sqlstate", result));
}
