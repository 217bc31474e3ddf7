using System.Globalization;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Incremental;

namespace DataSync.Extract.Connectors.SqlServer.Changes;

/// <summary>What the server says of a table's change tracking, and what is still to be done for it.</summary>
/// <param name="Table">The table.</param>
/// <param name="IsTable">It is no view.</param>
/// <param name="OfDatabase">Change tracking is on in the database.</param>
/// <param name="OfTable">It is on for the table.</param>
/// <param name="OfOthers">It is on for another table too.</param>
/// <param name="MayLook">The login may see the changes.</param>
/// <param name="Snapshots">Readings may see one moment of the database.</param>
/// <param name="Database">The database's name.</param>
/// <param name="User">The login's user in it.</param>
/// <param name="Record">The number of the server's own table of the changes; null where there is none, or it is not shown.</param>
internal sealed record TrackingState(SqlServerTable Table, bool IsTable, bool OfDatabase, bool OfTable, bool OfOthers, bool MayLook, bool Snapshots, string Database, string User, int? Record)
{
    /// <summary>So long the server keeps changes, where the setup says it: syncs may be that far apart.</summary>
    private const int RetentionDays = 7;

    /// <summary>Asks the server.</summary>
    public static TrackingState Ask(SqlServerSession session, string name)
    {
        const string Sql =
            """
            SELECT CASE WHEN OBJECTPROPERTY(@id, 'IsUserTable') = 1 THEN 1 ELSE 0 END, (SELECT COUNT(*) FROM sys.change_tracking_databases WHERE database_id = DB_ID()),
                (SELECT COUNT(*) FROM sys.change_tracking_tables WHERE object_id = @id), (SELECT COUNT(*) FROM sys.change_tracking_tables WHERE object_id <> @id),
                COALESCE(HAS_PERMS_BY_NAME(@name, 'OBJECT', 'VIEW CHANGE TRACKING'), 0), DB_NAME(), USER_NAME(),
                (SELECT MAX(i.object_id) FROM sys.internal_tables i WHERE i.parent_id = @id AND i.internal_type = 209)
            """;
        var table = SqlServerTable.Find(session, name);
        return session.Query(
            Sql,
            row => new TrackingState(
                table, row.GetInt32(0) == 1, row.GetInt32(1) > 0, row.GetInt32(2) > 0, row.GetInt32(3) > 0, row.GetInt32(4) == 1, session.IsSnapshot, row.GetString(5), row.GetString(6),
                row.IsDBNull(7) ? null : row.GetInt32(7)),
            ("@id", (long)table.Id), ("@name", table.QuotedName))[0];
    }

    /// <summary>Whether it can be used, and what is missing first.</summary>
    public TrackingOffer Offer() => new(TrackingMethods.ChangeTracking, Checks().TrueForAll(c => c.Passed), Checks().Find(c => !c.Passed)?.Reason);

    /// <summary>What the customer runs, and what takes it away. Whoever else uses snapshots goes on doing so.</summary>
    public TrackingSetup Setup()
    {
        var (database, user) = (SqlServerName.Quote(Database), SqlServerName.Quote(User));
        List<string> setup = [], undo = [$"REVOKE VIEW CHANGE TRACKING ON {Table.QuotedName} FROM {user}", $"ALTER TABLE {Table.QuotedName} DISABLE CHANGE_TRACKING"];
        if (!OfDatabase) setup.Add(string.Create(CultureInfo.InvariantCulture, $"ALTER DATABASE {database} SET CHANGE_TRACKING = ON (CHANGE_RETENTION = {RetentionDays} DAYS, AUTO_CLEANUP = ON)"));
        if (!Snapshots) setup.Add($"ALTER DATABASE {database} SET ALLOW_SNAPSHOT_ISOLATION ON");
        if (!OfTable && IsTable && Table.Key.Count > 0) setup.Add($"ALTER TABLE {Table.QuotedName} ENABLE CHANGE_TRACKING WITH (TRACK_COLUMNS_UPDATED = OFF)");
        if (!MayLook) setup.Add($"GRANT VIEW CHANGE TRACKING ON {Table.QuotedName} TO {user}");
        if (!OfOthers) undo.Add($"ALTER DATABASE {database} SET CHANGE_TRACKING = OFF");
        return new TrackingSetup(TrackingMethods.ChangeTracking, setup, undo, Checks());
    }

    /// <summary>A place in the changes of this table.</summary>
    public ChangePosition At(long version) => new(version, Table.Id, Record);

    /// <summary>The table, where its changes can be followed.</summary>
    /// <exception cref="SyncFailureException">They cannot.</exception>
    public SqlServerTable Demand() => Offer() is { IsAvailable: false } offer
        ? throw new SyncFailureException(SyncFailure.Permanent("errors.extraction.not_tracked", ("method", offer.Method), ("reason", offer.Reason?.Key)))
        : Table;

    private List<TrackingCheck> Checks() =>
    [
        Check("table", IsTable), Check("primary_key", Table.Key.Count > 0), Check("database", OfDatabase), Check("tracking", OfTable), Check("permission", MayLook), Check("snapshots", Snapshots),
    ];

    private TrackingCheck Check(string name, bool passed)
        => new(name, passed, passed ? null : TrackingReason.Of($"tracking.change_tracking.{name}", ("table", Table.QuotedName), ("database", Database)));
}
