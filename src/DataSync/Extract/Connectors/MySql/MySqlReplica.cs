namespace DataSync.Extract.Connectors.MySql;

/// <summary>Tells a server that gets what others wrote: what is open there is not seen here before it commits.</summary>
internal static class MySqlReplica
{
    /// <summary>
    /// What to ask; a row in any answer tells. A replica that takes writes of its own is known by what it applies: MariaDB tells everybody that it applies another server's log, MySQL only those who may ask for it.
    /// </summary>
    public static IReadOnlyList<string> Questions { get; } =
    [
        "SHOW GLOBAL VARIABLES WHERE (Variable_name = 'read_only' OR Variable_name = 'wsrep_on') AND Value = 'ON'",
        "SHOW GLOBAL STATUS WHERE Variable_name IN ('Slaves_running', 'Slave_running') AND Value NOT IN ('0', 'OFF')",
    ];
}
