using System.Data;
using System.Globalization;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Incremental;
using Microsoft.Data.SqlClient;

namespace DataSync.Extract.Connectors.SqlServer.Changes;

/// <summary>
/// The statement that gives changes, or everything, and the versions it lies between. All of it is asked in one snapshot, in which the server's current version and its tables belong together:
/// what a snapshot shows is what came up to that version.
/// </summary>
internal static class ChangeStatement
{
    /// <summary>The version now and the least from which changes are still kept; both null where the table is not tracked.</summary>
    public static (long? Current, long? Least) Versions(SqlServerSession session, SqlServerTable table) => session.Query(
        "SELECT CHANGE_TRACKING_CURRENT_VERSION(), CHANGE_TRACKING_MIN_VALID_VERSION(@id)",
        static row => (row.IsDBNull(0) ? (long?)null : row.GetInt64(0), row.IsDBNull(1) ? (long?)null : row.GetInt64(1)), ("@id", (long)table.Id))[0];

    /// <summary>Where this sync begins: behind the last, or at the beginning where what came since is no longer kept, or was never there.</summary>
    public static ChangePlan Plan(SqlServerSession session, TrackingState state, ChangePosition? last)
    {
        var (current, least) = Versions(session, state.Demand());
        if (last is null) return new ChangePlan { Everything = true };
        if (last.IsOfAnother(state.At(last.Version))) return Again("tracking.change_tracking.made_anew", last, current);
        if (last.Version > current) return Again("tracking.change_tracking.restored", last, current);
        return last.Version < least || least is null ? Again("tracking.change_tracking.expired", last, least) : new ChangePlan { Extent = last.ToJson() };
    }

    /// <summary>
    /// The rows' columns: the operation, the version, the key, the key once more (a deleted row shows it, and a column can be read only once), and those of the table.
    /// </summary>
    /// <returns>The command, and the version at which the next sync begins.</returns>
    public static (SqlCommand Command, long Next) Of(SqlServerSession session, TrackingState state, ChangePlan plan)
    {
        var table = state.Demand();
        var (current, least) = Versions(session, table);
        if (current is not { } next) throw new SyncFailureException(SyncFailure.Permanent("errors.extraction.permission", ("sqlstate", "22105")));
        var last = plan.Extent is { } extent ? ChangePosition.Read(extent) : null;
        var from = last?.Version;

        // cleaned up, emptied or made anew since it was planned: the next attempt plans anew
        if (from < least || (last is not null && (least is null || last.IsOfAnother(state.At(next))))) throw new SyncFailureException(SyncFailure.Transient("errors.extraction.conflict", ("sqlstate", "22105")));
        var command = session.Command(from is null ? Everything(table) : Changes(table));
        command.Parameters.Add(new SqlParameter("@datasync_version", SqlDbType.BigInt) { Value = from ?? next });
        return (command, next);
    }

    private static string Everything(SqlServerTable table)
        => $"SELECT 'R', @datasync_version, {Keys(table, "w")}, {Keys(table, "w")}, {Columns(table)} FROM {table.QuotedName} AS w ORDER BY {Order(table, "w")}";

    private static string Changes(SqlServerTable table)
    {
        var same = string.Join(" AND ", table.Key.Select(k => $"w.{SqlServerName.Quote(k.Name)} = c.{SqlServerName.Quote(k.Name)}"));
        return $"SELECT c.SYS_CHANGE_OPERATION, c.SYS_CHANGE_VERSION, {Keys(table, "c")}, {Keys(table, "c")}, {Columns(table)} FROM CHANGETABLE(CHANGES {table.QuotedName}, @datasync_version) AS c "
            + $"LEFT JOIN {table.QuotedName} AS w ON {same} ORDER BY c.SYS_CHANGE_VERSION, {Order(table, "c")}";
    }

    private static string Keys(SqlServerTable table, string of) => string.Join(", ", table.Key.Select(k => k.ExpressionOf(of)));

    private static string Columns(SqlServerTable table) => string.Join(", ", table.Columns.Select(c => c.Expression));

    private static string Order(SqlServerTable table, string of) => string.Join(", ", table.Key.Select(k => $"{of}.{SqlServerName.Quote(k.Name)}"));

    private static ChangePlan Again(string key, ChangePosition last, long? now)
        => new() { Everything = true, Reason = TrackingReason.Of(key, ("last", last.Text), ("now", now?.ToString(CultureInfo.InvariantCulture) ?? "")) };
}
