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

    /// <summary>
    /// Five of a kind are enough to see what is wrong; a login that may write everywhere is not listed table by table. It may become every role it is a member of,
    /// directly or not, whatever it inherits (<c>set_config('role', …)</c> stands in a query too), and who it was before a role was set for it: what any of
    /// them may do counts. Roles that PostgreSQL brings are known to only read, or count as well. Functions of dblink run any statement at any server that the database's own reaches, in a transaction
    /// that is not ours: those that neither connect nor run anything are known, all others count, although PostgreSQL gives them to everybody where the extension is installed. They are known by their
    /// library and their symbol in it, whatever they are called and however they came there.
    /// </summary>
    public const string Sql =
        """
        SELECT * FROM (
            WITH may AS (
                SELECT r.*, CASE WHEN r.rolname = current_user THEN '' ELSE ' as ' || r.rolname END AS via
                FROM pg_catalog.pg_roles r
                WHERE EXISTS (SELECT FROM pg_catalog.pg_roles l WHERE l.rolname IN (current_user, session_user)
                    AND (l.oid = r.oid OR NOT l.rolsuper AND pg_catalog.pg_has_role(l.oid, r.oid, 'MEMBER'))))
            SELECT v.place, v.finding || m.via
            FROM may m CROSS JOIN LATERAL (VALUES
                (0, 'replication', m.rolreplication OR m.rolname = 'rds_replication'), (1, 'superuser', m.rolsuper), (2, 'create_role', m.rolcreaterole), (2, 'create_database', m.rolcreatedb))
                AS v(place, finding, has)
            WHERE v.has
            UNION ALL SELECT 3, 'role ' || m.rolname FROM may m
                WHERE m.rolname ~ '^pg_' AND m.rolname NOT IN ('pg_read_all_data', 'pg_read_all_settings', 'pg_read_all_stats', 'pg_stat_scan_tables', 'pg_monitor', 'pg_use_reserved_connections')
            UNION ALL (SELECT 3, 'admin of ' || r.rolname || m.via
                FROM pg_catalog.pg_auth_members a JOIN may m ON m.oid = a.member JOIN pg_catalog.pg_roles r ON r.oid = a.roleid
                WHERE a.admin_option ORDER BY r.rolname LIMIT 5)
            UNION ALL (SELECT 4, 'database ' || current_database() || m.via FROM may m WHERE pg_catalog.has_database_privilege(m.oid, current_database(), 'CREATE') ORDER BY m.via LIMIT 1)
            UNION ALL (SELECT 5, 'schema ' || n.nspname || w.via
                FROM pg_catalog.pg_namespace n
                CROSS JOIN LATERAL (SELECT min(m.via) AS via FROM may m WHERE pg_catalog.has_schema_privilege(m.oid, n.oid, 'CREATE')) w
                WHERE n.nspname !~ '^pg_(temp|toast)' AND w.via IS NOT NULL ORDER BY n.nspname LIMIT 5)
            UNION ALL (SELECT 6, 'table ' || n.nspname || '.' || c.relname || w.via
                FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                CROSS JOIN LATERAL (SELECT min(m.via) AS via FROM may m
                    WHERE pg_catalog.has_table_privilege(m.oid, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER, SELECT WITH GRANT OPTION')
                        OR pg_catalog.has_any_column_privilege(m.oid, c.oid, 'INSERT, UPDATE, REFERENCES, SELECT WITH GRANT OPTION')) w
                WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND w.via IS NOT NULL
                ORDER BY n.nspname, c.relname LIMIT 5)
            UNION ALL (SELECT 7, 'sequence ' || n.nspname || '.' || c.relname || w.via
                FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                CROSS JOIN LATERAL (SELECT min(m.via) AS via FROM may m
                    WHERE CASE WHEN c.relkind = 'S' THEN pg_catalog.has_sequence_privilege(m.oid, c.oid, 'USAGE, UPDATE') ELSE false END) w
                WHERE n.nspname !~ '^pg_' AND c.relkind = 'S' AND w.via IS NOT NULL
                ORDER BY n.nspname, c.relname LIMIT 5)
            UNION ALL (SELECT 8, 'server ' || u.srvname || m.via FROM pg_catalog.pg_user_mappings u JOIN may m ON u.usename IN ('public', m.rolname)
                WHERE pg_catalog.has_server_privilege(m.oid, u.srvid, 'USAGE') ORDER BY u.srvname, m.via LIMIT 5)
            UNION ALL (SELECT 9, 'function ' || p.proname || min(m.via)
                FROM pg_catalog.pg_proc p CROSS JOIN may m
                WHERE p.probin LIKE '%dblink%' AND p.prosrc !~ '^dblink_(build_sql_|cancel_query$|close$|current_query$|disconnect$|error_message$|fdw_validator$|fetch$|get_|is_busy$)'
                    AND pg_catalog.has_function_privilege(m.oid, p.oid, 'EXECUTE')
                GROUP BY p.proname ORDER BY p.proname LIMIT 5)
            UNION ALL (SELECT 10, 'owner of ' || pg_catalog.pg_describe_object(o.classid, o.objid, o.objsubid) || o.via
                FROM (SELECT d.classid, d.objid, d.objsubid, m.via FROM pg_catalog.pg_shdepend d JOIN may m ON m.oid = d.refobjid
                    WHERE d.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass AND d.deptype = 'o'
                        AND d.dbid IN (0, (SELECT b.oid FROM pg_catalog.pg_database b WHERE b.datname = current_database()))
                        AND d.classid NOT IN ('pg_catalog.pg_user_mapping'::pg_catalog.regclass, 'pg_catalog.pg_default_acl'::pg_catalog.regclass)
                    ORDER BY d.classid, d.objid, d.objsubid LIMIT 5) o)
        ) AS f(place, finding) ORDER BY place, finding
        """;

    /// <summary>Each thing the login could write or do beyond reading. Replication stands apart: it follows changes and makes none, as long as it runs nothing (<see cref="SlotGuard"/>).</summary>
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
