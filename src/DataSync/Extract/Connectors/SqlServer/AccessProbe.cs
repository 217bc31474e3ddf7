using DataSync.Pipeline.Connectors;

namespace DataSync.Extract.Connectors.SqlServer;

/// <summary>
/// What a login could change, by what the server itself says it may: as a member of roles, on the server, in the database, its schemas and each table, procedure and function, and in the other
/// databases it may enter. SQL Server has no read-only transaction, so this is the boundary that counts. What is not known to only read is a finding.
/// </summary>
internal static class AccessProbe
{
    /// <summary>Enough to see what is wrong; a login that may write everywhere is not listed table by table.</summary>
    private const int MostFindings = 10;

    private const string Sql =
        """
        SELECT TOP (11) finding FROM (
            SELECT 1 AS place, N'member of ' + name AS finding FROM sys.server_principals
                WHERE type = 'R' AND name <> N'public' AND name NOT LIKE N'##MS[_]%Reader##' AND name <> N'##MS_DatabaseConnector##' AND principal_id BETWEEN 3 AND 20 AND IS_SRVROLEMEMBER(name) = 1
            UNION ALL SELECT 2, permission_name + N' on the server' FROM sys.fn_my_permissions(NULL, 'SERVER')
                WHERE permission_name NOT IN ('CONNECT SQL', 'CONNECT ANY DATABASE', 'SELECT ALL USER SECURABLES') AND permission_name NOT LIKE 'VIEW %'
            UNION ALL SELECT 3, N'member of ' + name FROM sys.database_principals
                WHERE type = 'R' AND is_fixed_role = 1 AND name NOT IN (N'db_datareader', N'db_denydatawriter', N'db_denydatareader') AND IS_ROLEMEMBER(name) = 1
            UNION ALL SELECT 4, permission_name + N' on the database' FROM sys.fn_my_permissions(NULL, 'DATABASE')
                WHERE permission_name NOT IN ('CONNECT', 'CONNECT REPLICATION', 'SELECT', 'SHOWPLAN', 'UNMASK') AND permission_name NOT LIKE 'VIEW %'
            UNION ALL SELECT 5, p.permission_name + N' on schema ' + s.name FROM sys.schemas s CROSS APPLY sys.fn_my_permissions(QUOTENAME(s.name), 'SCHEMA') p
                WHERE s.schema_id NOT IN (3, 4) AND p.permission_name <> 'SELECT' AND p.permission_name NOT LIKE 'VIEW %'
            UNION ALL SELECT 6, p.permission_name + N' on ' + s.name + N'.' + o.name FROM sys.objects o JOIN sys.schemas s ON s.schema_id = o.schema_id
                CROSS APPLY sys.fn_my_permissions(QUOTENAME(s.name) + N'.' + QUOTENAME(o.name), 'OBJECT') p
                WHERE o.is_ms_shipped = 0 AND o.type NOT IN ('D', 'C', 'F', 'PK', 'UQ', 'TR', 'IT', 'S') AND p.permission_name NOT IN ('SELECT', 'REFERENCES')
                    AND NOT (p.permission_name = 'EXECUTE' AND o.type IN ('FN', 'TF', 'IF')) AND p.permission_name NOT LIKE 'VIEW %'
            UNION ALL SELECT 7, v.permission + N' on database ' + d.name FROM sys.databases d CROSS JOIN (VALUES ('INSERT'), ('UPDATE'), ('DELETE'), ('EXECUTE'), ('ALTER'), ('CONTROL')) AS v(permission)
                WHERE d.database_id > 4 AND d.database_id <> DB_ID() AND HAS_DBACCESS(d.name) = 1 AND HAS_PERMS_BY_NAME(QUOTENAME(d.name), 'DATABASE', v.permission) = 1
        ) AS all_of_them GROUP BY place, finding ORDER BY place, finding
        """;

    /// <summary>Each thing the login could write or do beyond reading. A function of T-SQL itself cannot write, so that one may be executed is none.</summary>
    public static AccessReport Ask(SqlServerSession session)
    {
        var findings = session.Query(Sql, static row => row.GetString(0));
        return new AccessReport(findings.Count > MostFindings ? [.. findings.Take(MostFindings), "…"] : findings);
    }
}
