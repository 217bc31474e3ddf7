namespace DataSync;

/// <summary>What one process of DataSync does; the setting <c>DATASYNC_ROLE</c>.</summary>
[Flags]
public enum DataSyncRole
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Brings the database up to this version, and ends.</summary>
    Migrate = 1,

    /// <summary>Answers the REST API.</summary>
    Api = 2,

    /// <summary>Runs the syncs.</summary>
    Worker = 4,

    /// <summary>API and worker in one process; the default.</summary>
    All = Api | Worker,
}
