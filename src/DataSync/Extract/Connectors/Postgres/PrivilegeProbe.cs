using System.Data;
using DataSync.Pipeline.Connectors;

namespace DataSync.Extract.Connectors.Postgres;

/// <summary>
/// What a login could change. A read-only transaction stops statements, not every function, so the login's privileges are the boundary
/// that counts. Asked of the catalog alone; nothing is tried out.
/// </summary>
internal static class PrivilegeProbe
{
    /// <summary>Where a finding stands that is no grant: replication.</summary>
    public const int ReplicationPlace = 0;

    /// <summary>More than an honest server finds.</summary>
    private const int Most = 200;

    /// <summary>Five of a kind are enough to see what is wrong; a login that may write everywhere is not listed table by table.</summary>
    public const string Sql =
        """
        SELECT * FROM (
            SELECT v.place, v.finding
            FROM pg_catalog.pg_roles me CROSS JOIN LATERAL (VALUES
                (0, 'replication', me.rolreplication), (1, 'superuser', me.rolsuper), (2, 'create_role', me.rolcreaterole), (2, 'create_database', me.rolcreatedb))
                AS v(place, finding, has)
            WHERE me.rolname = current_user AND v.has
            UNION ALL SELECT 3, 'role ' || r.rolname FROM pg_catalog.pg_roles r
                WHERE (r.rolname IN ('pg_write_all_data', 'pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files',
                        'pg_signal_backend', 'pg_maintain', 'pg_create_subscription', 'pg_checkpoint') OR r.rolsuper)
                    AND r.rolname <> current_user AND pg_catalog.pg_has_role(current_user, r.oid, 'MEMBER')
            UNION ALL SELECT 4, 'database ' || current_database() WHERE pg_catalog.has_database_privilege(current_database(), 'CREATE')
            UNION ALL (SELECT 5, 'schema ' || n.nspname FROM pg_catalog.pg_namespace n
                WHERE n.nspname !~ '^pg_(temp|toast)' AND pg_catalog.has_schema_privilege(n.oid, 'CREATE') ORDER BY n.nspname LIMIT 5)
            UNION ALL (SELECT 6, 'table ' || n.nspname || '.' || c.relname
                FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
                    AND (pg_catalog.has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
                        OR pg_catalog.has_any_column_privilege(c.oid, 'INSERT, UPDATE'))
                ORDER BY n.nspname, c.relname LIMIT 5)
            UNION ALL (SELECT 7, 'sequence ' || n.nspname || '.' || c.relname
                FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                WHERE n.nspname !~ '^pg_' AND CASE WHEN c.relkind = 'S' THEN pg_catalog.has_sequence_privilege(c.oid, 'USAGE, UPDATE') ELSE false END
                ORDER BY n.nspname, c.relname LIMIT 5)
            UNION ALL (SELECT 8, 'server ' || m.srvname FROM pg_catalog.pg_user_mappings m
                WHERE m.usename IN ('public', current_user) AND pg_catalog.has_server_privilege(m.srvid, 'USAGE') ORDER BY m.srvname LIMIT 5)
            UNION ALL (SELECT 9, 'function ' || p.proname FROM pg_catalog.pg_proc p
                WHERE p.proname = 'dblink_connect_u' AND pg_catalog.has_function_privilege(p.oid, 'EXECUTE') LIMIT 1)
        ) AS f(place, finding) ORDER BY place, finding
        """;

    /// <summary>Each thing the login could write or do beyond reading. Replication stands apart: it follows changes and makes none.</summary>
    public static async Task<AccessReport> AskAsync(PostgresSession session, CancellationToken ct)
    {
        var (grants, replication) = (new List<string>(), false);
        await using var reader = await session.QueryAsync(Sql, [], CommandBehavior.Default, ct);
        while (await reader.ReadAsync(ct))
        {
            if (reader.GetInt32(0) == ReplicationPlace) replication = true;
            else grants.Add(reader.GetString(1));
            if (grants.Count > Most) break;
        }

        return new AccessReport(grants, replication);
    }
}
