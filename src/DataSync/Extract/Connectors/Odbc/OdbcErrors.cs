using DataSync.Extract.Connectors.Odbc.Dialects;
using DataSync.Extract.Connectors.Odbc.Native;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Connectors.Odbc;

/// <summary>Turns diagnostics into the closed set of failures. The driver's own text stays in the inner exception.</summary>
internal static class OdbcErrors
{
    /// <summary>The driver cannot give text as UTF-16: an ANSI driver, where the Unicode one is needed.</summary>
    private const string NoWideText = "07006";

    /// <summary>unixODBC is not on this machine.</summary>
    public static SyncFailureException Missing(DllNotFoundException e) => new(SyncFailure.Permanent("errors.connection.odbc_missing"), e);

    /// <summary>A server sent more at once than a driver may hold.</summary>
    public static SyncFailureException TooLarge(OdbcException e, int megabytes) => new(SyncFailure.Permanent("errors.extraction.odbc_answer", ("limit", megabytes)), e);

    /// <summary>A connection that ended midway, and may be made again.</summary>
    public static SyncFailureException Lost(OdbcException e, string dsn) => new(Transient("errors.connection.lost", dsn), e);

    /// <summary>A failure to connect.</summary>
    public static SyncFailureException Opening(OdbcException e, string dsn) => new(OfOpening(e, dsn), e);

    /// <summary>A failure of a session that was open.</summary>
    public static SyncFailureException Open(OdbcException e, string dsn, OdbcDialect dialect)
        => new(
            e.State == NoWideText ? SyncFailure.Permanent("errors.connection.odbc_setup", ("dsn", dsn), ("sqlstate", e.State))
            : e.State.StartsWith("08", StringComparison.Ordinal) || dialect.IsLost(e) ? Transient("errors.connection.lost", dsn)
            : Statement(dialect.Key(e) ?? OfState(e.State), e.State),
            e);

    private static SyncFailure OfOpening(OdbcException e, string dsn)
    {
        if (e.State is "28000" or "28P01" || Says(e, "authentication failed") || Says(e, "no pg_hba.conf entry") || Says(e, "Access denied")) return Permanent("errors.connection.authentication", dsn);
        if (e.Native == 2026 || Says(e, "certificate") || Says(e, "SSL error") || Says(e, "does not support SSL")) return Permanent("errors.connection.tls", dsn);
        if (e.State is "HYT00" or "HYT01" || Says(e, "timeout expired") || Says(e, "timed out")) return Transient("errors.connection.timeout", dsn);
        if (e.State is "08004" or "53300" || Says(e, "too many connections") || Says(e, "too many clients") || Says(e, "starting up")) return Transient("errors.connection.unavailable", dsn);
        if (Says(e, "onnection refused") || e.Native is 2002 or 2003) return Transient("errors.connection.refused", dsn);
        if (e.State == "08S01") return Transient("errors.connection.lost", dsn);
        return e.State.StartsWith("08", StringComparison.Ordinal) && !Says(e, "does not exist")
            ? Transient("errors.connection.unreachable", dsn)
            : SyncFailure.Permanent("errors.connection.odbc_setup", ("dsn", dsn), ("sqlstate", e.State));
    }

    private static string OfState(string state) => state switch
    {
        "HYT00" or "HYT01" or "HY008" or "57014" => "errors.extraction.statement_timeout",
        "42S02" or "42P01" or "3F000" or "S0002" => "errors.extraction.undefined_table",
        "42S22" or "42703" or "42702" or "S0022" => "errors.extraction.undefined_column",
        "42501" => "errors.extraction.permission",
        "0A000" or "2D000" or "24000" => "errors.extraction.statement_refused",
        "42P18" or "42883" or "42804" or "42846" or "42725" => "errors.extraction.types",
        "40001" or "40P01" => "errors.extraction.conflict",
        "55P03" => "errors.extraction.lock_timeout",
        "HY001" or "HY013" => "errors.extraction.resources",
        _ => state[..2] switch
        {
            "22" or "23" => "errors.extraction.data",
            "42" or "37" or "07" => "errors.extraction.syntax",
            "25" => "errors.extraction.statement_refused",
            "53" => "errors.extraction.resources",
            "54" => "errors.extraction.query_limit",
            _ => "errors.extraction.failed",
        },
    };

    private static SyncFailure Statement(string key, string state)
        => key is "errors.extraction.conflict" or "errors.extraction.lock_timeout" or "errors.extraction.resources"
            ? SyncFailure.Transient(key, ("sqlstate", state))
            : SyncFailure.Permanent(key, ("sqlstate", state));

    /// <summary>Many drivers have one SQLSTATE for every way not to connect, and tell them apart in their text alone.</summary>
    private static bool Says(OdbcException e, string words) => e.DriverText.Contains(words, StringComparison.OrdinalIgnoreCase);

    // where the server is, is the operator's: a tenant is told the name it was registered under
    private static SyncFailure Transient(string key, string dsn) => SyncFailure.Transient(key, ("host", dsn), ("port", "ODBC"));

    private static SyncFailure Permanent(string key, string dsn) => SyncFailure.Permanent(key, ("host", dsn), ("port", "ODBC"));
}
