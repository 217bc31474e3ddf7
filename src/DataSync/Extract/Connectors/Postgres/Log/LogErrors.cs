using DataSync.Pipeline.Failures;
using Npgsql;

namespace DataSync.Extract.Connectors.Postgres.Log;

/// <summary>What goes wrong with a log, beside what goes wrong with any session.</summary>
internal static class LogErrors
{
    /// <summary>Somebody else reads from the slot.</summary>
    public const string Busy = "errors.extraction.slot_busy";

    /// <summary>The slot, the publication or what lay in the log is gone. The next sync finds out, and reads everything.</summary>
    private const string Lost = "errors.extraction.log_lost";

    /// <summary>Null for what is not of the log.</summary>
    public static SyncFailure? Of(PostgresException e) => e.SqlState switch
    {
        "55006" => SyncFailure.Transient(Busy),
        "42704" or "55000" or "58P01" => SyncFailure.Transient(Lost, ("sqlstate", e.SqlState)),
        _ => null,
    };
}
