using Npgsql;

namespace DataSync.IntegrationTests.Platform;

/// <summary>What PostgreSQL's catalogue says of the wall between tenants: rights, policies, keys, roles and settings that would open it, whoever looks for a table by name or not.</summary>
internal static class WallCatalogue
{
    /// <summary>Tables that hold nothing of a tenant: which migrations ran, and whose turn it is to look at the alerts.</summary>
    private const string Shared = "'schema_history', 'alert_turn'";

    /// <summary>Functions that run as the owner and that the application calls: they show nothing of a tenant, or reach its own rows alone, for the owner is behind the wall as well.</summary>
    private const string Open = "'schema_version', 'last_sync_data_leaf', 'forget_ended_jobs'";

    /// <summary>All that run as the owner: those of the sweeps and of triggers beside them.</summary>
    private const string Definers = Open + ", 'make_sync_data_leaves', 'refuse_audit_change', 'audit_sync_job', 'erase_audit_entries', 'prune_audit_entries', 'drop_expired_leaves', 'erase_tenant_rows'";

    /// <summary>Bytes that are keyed hashes, by which old AI answers go, and what the audit log's entries are chained by.</summary>
    private const string Hashes = "c.relname IN ('audit_log', 'audit_pending') OR (c.relname, a.attname) = ('ai_answers', 'key')";

    private const string Ours = "(VALUES ('datasync_app'), ('datasync_system')) AS ours(role)";

    private const string Relations = "pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v', 'm', 'f')";

    private const string HasTenant = "EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped)";

    private static readonly (string Hole, string Sql)[] Questions =
    [
        ("row security is not forced", $"SELECT c.relname FROM {Relations} WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND {HasTenant} AND NOT (c.relrowsecurity AND c.relforcerowsecurity)"),
        ("a key does not lead with the tenant", $"""
            SELECT i.indexrelid::regclass::text FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = 'public' AND {HasTenant} AND (SELECT a.attname FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = i.indkey[0]) IS DISTINCT FROM 'tenant_id'
            """),
        ("a reference may lead to another tenant's row", $"""
            SELECT f.conname FROM pg_constraint f JOIN pg_class c ON c.oid = f.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE f.contype = 'f' AND n.nspname = 'public' AND {HasTenant} AND NOT EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND a.attnum = ANY (f.conkey))
            """),
        ("a policy lets more through than the tenant's own", """
            SELECT p.tablename || '.' || p.policyname FROM pg_policies p
            WHERE p.schemaname = 'public' AND p.permissive = 'PERMISSIVE' AND p.roles && ARRAY['public', 'datasync_app']::name[]
              AND EXISTS (SELECT 1 FROM (VALUES (p.qual), (p.with_check)) AS rule(text)
                WHERE text <> '(tenant_id = ( SELECT NULLIF(current_setting(''app.tenant_id''::text, true), ''''::text) AS "nullif"))')
            """),
        ("a table without a tenant is open", $"SELECT c.relname FROM {Relations} WHERE c.relkind IN ('r', 'p', 'f') AND NOT {HasTenant} AND c.relname NOT IN ({Shared}) AND (SELECT bool_or(has_any_column_privilege(role, c.oid, 'SELECT, INSERT, UPDATE') OR has_table_privilege(role, c.oid, 'DELETE')) FROM {Ours})"),
        ("a leaf is open besides its parent", $"SELECT c.relname FROM {Relations} WHERE c.relispartition AND (SELECT bool_or(has_any_column_privilege(role, c.oid, 'SELECT, UPDATE') OR has_table_privilege(role, c.oid, 'DELETE') OR has_column_privilege(role, c.oid, 'tenant_id', 'INSERT')) FROM {Ours})"),
        ("a view does not look as whoever asks", $"SELECT c.relname FROM {Relations} WHERE c.relkind IN ('v', 'm') AND (SELECT bool_or(has_any_column_privilege(role, c.oid, 'SELECT')) FROM {Ours}) AND (c.relkind = 'm' OR coalesce(c.reloptions, '{{}}') && ARRAY['security_invoker=true', 'security_invoker=on'] IS NOT TRUE)"),
        ("rights that row security does not hold", $"SELECT c.relname FROM {Relations} WHERE (SELECT bool_or(has_table_privilege(role, c.oid, 'TRUNCATE, REFERENCES, TRIGGER')) FROM {Ours})"),
        ("everybody has rights", $"SELECT c.relname FROM {Relations} CROSS JOIN LATERAL aclexplode(c.relacl) AS granted WHERE granted.grantee = 0 UNION ALL SELECT c.relname FROM {Relations} JOIN pg_attribute a ON a.attrelid = c.oid CROSS JOIN LATERAL aclexplode(a.attacl) AS granted WHERE granted.grantee = 0"),
        ("the sweeps read payloads", $"SELECT c.relname || '.' || a.attname FROM {Relations} JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped WHERE a.atttypid IN ('json'::regtype, 'jsonb'::regtype, 'bytea'::regtype) AND NOT ({Hashes}) AND has_column_privilege('datasync_system', c.oid, a.attnum, 'SELECT')"),
        ("a role can go past row security", "SELECT rolname FROM pg_roles WHERE rolname IN ('datasync_app', 'datasync_system') AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication)"),
        ("a role is a member of another", "SELECT member::regrole::text FROM pg_auth_members WHERE member IN ('datasync_app'::regrole, 'datasync_system'::regrole)"),
        ("a role owns what it should only use", $"SELECT c.relname FROM {Relations} WHERE c.relowner IN ('datasync_app'::regrole, 'datasync_system'::regrole)"),
        ("a role makes objects", $"SELECT role FROM {Ours} WHERE has_schema_privilege(role, 'public', 'CREATE')"),
        ("a tenant is set for whoever comes", "SELECT unnest(setconfig) FROM pg_db_role_setting WHERE setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database())) AND EXISTS (SELECT 1 FROM unnest(setconfig) s WHERE s LIKE 'app.%' OR s LIKE 'row_security=%' OR s LIKE 'role=%')"),
        ("a function runs as its owner", $"SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'public' AND p.prosecdef AND (p.proname NOT IN ({Definers}) OR NOT EXISTS (SELECT 1 FROM unnest(p.proconfig) s WHERE s LIKE 'search\\_path=%'))"),
        ("the application calls what runs as its owner", $"SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'public' AND p.prosecdef AND p.prorettype <> 'trigger'::regtype AND p.proname NOT IN ({Open}) AND has_function_privilege('datasync_app', p.oid, 'EXECUTE')"),
        ("tables to come are open", "SELECT defaclrole::regrole::text FROM pg_default_acl CROSS JOIN LATERAL aclexplode(defaclacl) AS granted WHERE defaclobjtype = 'r' AND granted.grantee IN (0, 'datasync_app'::regrole, 'datasync_system'::regrole)"),
    ];

    /// <summary>Each hole there is, with the object's name.</summary>
    public static async Task<List<string>> HolesAsync(NpgsqlConnection superuser)
    {
        var ct = TestContext.Current.CancellationToken;
        List<string> holes = [];
        foreach (var (hole, sql) in Questions)
        {
            await using var command = new NpgsqlCommand(sql, superuser);
            await using var rows = await command.ExecuteReaderAsync(ct);
            while (await rows.ReadAsync(ct)) holes.Add($"{hole}: {rows.GetString(0)}");
        }

        return holes;
    }
}
