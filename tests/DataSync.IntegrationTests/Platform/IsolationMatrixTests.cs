using DataSync.IntegrationTests.Postgres;
using DataSync.Pipeline;
using DataSync.Process.Async;
using Npgsql;

namespace DataSync.IntegrationTests.Platform;

/// <summary>The wall between tenants, as it is and with faults planted into it: <see cref="TenantWall"/> tries it, <see cref="WallCatalogue"/> reads how it is built.</summary>
public sealed class IsolationMatrixTests(IsolationMatrixTests.TwoTenants database) : IClassFixture<IsolationMatrixTests.TwoTenants>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Catalogue_shows_no_right_policy_key_role_or_setting_that_opens_the_wall()
    {
        await using var superuser = await database.System.Superuser.OpenConnectionAsync(Ct);
        Assert.Equal("", string.Join('\n', await WallCatalogue.HolesAsync(superuser)));
    }

    [Fact]
    public async Task No_tenant_and_the_wrong_one_see_change_and_remove_nothing()
    {
        var tables = await TenantWall.TablesAsync(database.System.Superuser);
        Assert.Equal(["ai_answers", "ai_budgets", "ai_usage", "alert_channels", "alert_notices", "alert_rules", "alert_silences", "alerts", "api_keys", "audit_log", "audit_pending", "coco_categories", "configuration_generations", "data_source_configs", "idempotency_keys", "label_studio_jobs", "label_studio_projects", "label_studio_tasks", "privacy_exports", "privacy_requests", "rate_limits", "retention", "slot_releases", "source_slots", "sync_data", "sync_enrichments", "sync_job_attempts", "sync_job_endings", "sync_job_stages", "sync_jobs", "sync_rejections", "sync_schedules", "sync_seen_values", "sync_state", "tenant_keys", "tenant_queues", "tenant_settings", "webhook_deliveries", "webhook_drains"], tables);
        await using var connection = await database.System.Sources.App.OpenConnectionAsync(Ct);
        await using var transaction = await connection.BeginTransactionAsync(Ct);
        Assert.Empty(await new TenantWall(connection, null, database.Rows).HolesAsync(tables));
    }

    /// <summary>Each fault opens the wall in its own way, for one transaction: one who looks through it must find it.</summary>
    [Theory]
    [InlineData("a permissive policy to read", "CREATE POLICY planted ON sync_jobs FOR SELECT TO datasync_app USING (true)", "sync_jobs")]
    [InlineData("a permissive policy for everybody", "CREATE POLICY planted ON sync_rejections USING (true)", "sync_rejections")]
    [InlineData("a permissive policy to change", "CREATE POLICY planted ON sync_schedules FOR UPDATE TO datasync_app USING (true)", "sync_schedules")]
    [InlineData("a permissive policy to remove", "CREATE POLICY planted ON data_source_configs FOR DELETE TO datasync_app USING (true)", "data_source_configs")]
    [InlineData("a policy that takes anything in", "CREATE POLICY planted ON alert_rules FOR INSERT TO datasync_app WITH CHECK (true)", "alert_rules")]
    [InlineData("a forgotten filter", "ALTER POLICY tenant ON sync_state USING (true)", "sync_state")]
    [InlineData("a forgotten check of what is written", "ALTER POLICY tenant ON ai_usage WITH CHECK (true)", "ai_usage")]
    [InlineData("a filter that nobody passes as everybody", "ALTER POLICY tenant ON ai_answers USING (tenant_id = current_setting('app.tenant_id', true) OR coalesce(current_setting('app.tenant_id', true), '') = '')", "ai_answers")]
    [InlineData("a missing FORCE", "ALTER TABLE webhook_deliveries NO FORCE ROW LEVEL SECURITY", null)]
    [InlineData("row security switched off", "ALTER TABLE tenant_keys DISABLE ROW LEVEL SECURITY", "tenant_keys")]
    [InlineData("a grant on a leaf", "GRANT SELECT ON {leaf} TO datasync_app", null)]
    [InlineData("a grant of the tenant's column on a leaf", "GRANT INSERT (tenant_id) ON {leaf} TO datasync_app", null)]
    [InlineData("a role that bypasses", "ALTER ROLE datasync_app BYPASSRLS", "sync_jobs")]
    [InlineData("a role that can do all", "ALTER ROLE datasync_system SUPERUSER", null)]
    [InlineData("a member of the owner", "GRANT datasync_owner TO datasync_app", null)]
    [InlineData("a leaked setting of a role", "ALTER ROLE datasync_app SET app.tenant_id = 'a'", null)]
    [InlineData("a leaked setting of the database", "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET app.tenant_id = ''a''', current_database()); END $$", null)]
    [InlineData("a function that looks as the owner", "CREATE FUNCTION planted() RETURNS SETOF sync_jobs LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS 'SELECT * FROM public.sync_jobs'", null)]
    [InlineData("a sweep's function for the application", "GRANT EXECUTE ON FUNCTION make_sync_data_leaves(integer) TO datasync_app", null)]
    [InlineData("a function whose names can be taken over", "ALTER FUNCTION schema_version() RESET search_path", null)]
    [InlineData("a view that looks as its owner", "CREATE VIEW planted AS SELECT * FROM sync_enrichments; GRANT SELECT ON planted TO datasync_app", null)]
    [InlineData("a copy of all tenants' rows", "CREATE MATERIALIZED VIEW planted AS SELECT * FROM sync_jobs; GRANT SELECT ON planted TO datasync_app", null)]
    [InlineData("a key over all tenants", "CREATE UNIQUE INDEX planted ON sync_schedules (source_id, tenant_id)", null)]
    [InlineData("a reference over the wall", "CREATE TABLE planted_parent (id text PRIMARY KEY); ALTER TABLE sync_schedules ADD CONSTRAINT planted FOREIGN KEY (source_id) REFERENCES planted_parent (id) NOT VALID", null)]
    [InlineData("a right that row security does not hold", "GRANT TRUNCATE ON idempotency_keys TO datasync_app", null)]
    [InlineData("a right for everybody", "GRANT SELECT ON api_keys TO PUBLIC", null)]
    [InlineData("a payload for the sweeps", "GRANT SELECT (payload) ON webhook_deliveries TO datasync_system", null)]
    [InlineData("a new table without a wall", "CREATE TABLE planted (tenant_id text, value text, PRIMARY KEY (tenant_id, value))", null)]
    [InlineData("a new table without a tenant", "CREATE TABLE planted (value text); GRANT SELECT, INSERT ON planted TO datasync_app", null)]
    [InlineData("rights on tables to come", "ALTER DEFAULT PRIVILEGES FOR ROLE datasync_owner IN SCHEMA public GRANT SELECT ON TABLES TO datasync_app", null)]
    public async Task Planted_fault_is_found(string fault, string plant, string? table)
    {
        await using var superuser = await database.System.Superuser.OpenConnectionAsync(Ct);
        await using var transaction = await superuser.BeginTransactionAsync(Ct); // never committed: other databases of the server share its roles
        var wall = new TenantWall(superuser, TenantWall.AsApplication, database.Rows);
        if (table is not null) Assert.Empty(await wall.HolesAsync([table]));
        await using (var leaf = new NpgsqlCommand("SELECT min(inhrelid::regclass::text) FROM pg_inherits WHERE inhparent = 'sync_data'::regclass", superuser))
        await using (var planting = new NpgsqlCommand(plant.Replace("{leaf}", (string)(await leaf.ExecuteScalarAsync(Ct))!, StringComparison.Ordinal), superuser)) await planting.ExecuteNonQueryAsync(Ct);
        Assert.True((await WallCatalogue.HolesAsync(superuser)).Count > 0, $"The catalogue does not show {fault}.");

        // what opens a table to the application is found by trying as well, not by how it is written down alone
        if (table is not null) Assert.True((await wall.HolesAsync([table])).Count > 0, $"Nobody who tries finds {fault}.");
    }

    [Fact]
    public async Task System_role_reads_only_the_columns_of_its_sweeps()
    {
        foreach (var (table, column) in ((string, string)[])[("sync_jobs", "config"), ("sync_jobs", "error_details"), ("sync_job_attempts", "failure"), ("sync_schedules", "cron"), ("sync_schedules", "failure"), ("data_source_configs", "sync"), ("data_source_configs", "connection_params"), ("tenant_keys", "wrapped_key"), ("sync_data", "raw_data"), ("sync_enrichments", "result"), ("ai_answers", "answer"), ("ai_usage", "calls"), ("ai_budgets", "updated_by"), ("idempotency_keys", "body"), ("webhook_deliveries", "payload"), ("webhook_deliveries", "webhook_id"), ("webhook_drains", "job_id"), ("label_studio_projects", "api_key"), ("alert_channels", "target"), ("alert_notices", "failure"), ("sync_job_endings", "error_key"), ("api_keys", "key_hash"), ("tenant_settings", "language"), ("tenant_settings", "updated_by"), ("privacy_requests", "subject"), ("privacy_exports", "files"), ("retention", "updated_by")])
        {
            await using var command = database.System.Sources.System.CreateCommand($"SELECT {column} FROM {table}");
            var refused = await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteScalarAsync(Ct));
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
        }
    }

    /// <summary>A database in which tenants a and b have a row in every tenant table.</summary>
    public sealed class TwoTenants : IAsyncLifetime
    {
        public SystemDatabase System { get; } = new();

        /// <summary>A row of tenant a of each table, as JSON.</summary>
        public IReadOnlyDictionary<string, string> Rows { get; private set; } = new Dictionary<string, string>(StringComparer.Ordinal);

        public async ValueTask InitializeAsync()
        {
            await System.InitializeAsync();
            var jobs = new TestJobs(System);
            foreach (var tenant in (string[])["a", "b"])
            {
                var run = await jobs.RunningAsync(tenant, "s", new SyncPlan(), Ct);
                await new AsyncStrategy(jobs.Tenants, TimeProvider.System).StoreAsync(
                    run, Batches.Of(["{}", "{}"], 2, batch => batch.Reject(0, new Rejection("r", "c", "m")), Ct), Ct);
                await using var fill = System.Superuser.CreateCommand($"""
                    INSERT INTO data_source_configs (tenant_id, id, source_id, source_name, source_type, connection_params, extraction_params, sync, is_active, created_at, updated_at, created_by, version)
                    VALUES ('{tenant}', gen_random_uuid(), 's', 's', 'database', '{"{}"}', '{"{}"}', '{"{}"}', true, now(), now(), '', 1);
                    INSERT INTO label_studio_projects (tenant_id, project_id, version, created_by, created_at, updated_at) VALUES ('{tenant}', 1, 1, '', now(), now());
                    INSERT INTO label_studio_jobs (tenant_id, job_id, project_id) VALUES ('{tenant}', '{run.JobId:D}', 1);
                    INSERT INTO label_studio_tasks (tenant_id, job_id, seq, task_id, settled) VALUES ('{tenant}', '{run.JobId:D}', 1, 1, false);
                    INSERT INTO sync_schedules (tenant_id, source_id, cron, time_zone, next_run_at, settled, idle_runs, failed_runs, created_by, created_at, updated_at)
                    VALUES ('{tenant}', 's', '0 0 * * *', 'UTC', now(), true, 0, 0, '', now(), now());
                    INSERT INTO sync_seen_values (tenant_id, job_id, name, upto, hashes) VALUES ('{tenant}', gen_random_uuid(), '', 1, '\x00');
                    INSERT INTO sync_state (tenant_id, id, source_id, last_sync_timestamp, updated_at) VALUES ('{tenant}', gen_random_uuid(), 's', now(), now());
                    INSERT INTO source_slots (tenant_id, source_id) VALUES ('{tenant}', 's');
                    INSERT INTO coco_categories (tenant_id, source_id, id, name, hash) VALUES ('{tenant}', 's', 1, '"cat"', 1);
                    INSERT INTO slot_releases (tenant_id, id, source_id, source_type, connection_params, version, created_at, next_try_at) VALUES ('{tenant}', gen_random_uuid(), 's', 'database', '{"{}"}', 1, now(), now());
                    INSERT INTO tenant_keys (tenant_id, key_id, master_key_id, wrapped_key, created_at) VALUES ('{tenant}', 1, 'm', '\x00', now());
                    INSERT INTO idempotency_keys (tenant_id, operation, key, fingerprint, claim_id, expires_at, created_at) VALUES ('{tenant}', '\x00', 'k', '\x00', gen_random_uuid(), now(), now());
                    INSERT INTO rate_limits (tenant_id, name, next_at) VALUES ('{tenant}', 's', now());
                    INSERT INTO tenant_settings (tenant_id, language, version) VALUES ('{tenant}', 'zh-CN', 1);
                    INSERT INTO webhook_deliveries (tenant_id, delivery_id, source_id, received_at, bytes, payload, replays) VALUES ('{tenant}', gen_random_uuid(), 's', now(), 1, '\x00', 0);
                    INSERT INTO ai_answers (tenant_id, key, answer, input_tokens, output_tokens) VALUES ('{tenant}', '\x00', '{"{}"}', 1, 1);
                    INSERT INTO ai_usage (tenant_id, month, calls, input_tokens, output_tokens, cost_micros, day, day_tokens, day_cost_micros) VALUES ('{tenant}', '2026-01-01', 1, 1, 1, 1, '2026-01-01', 2, 1);
                    INSERT INTO ai_budgets (tenant_id, token_limit, updated_by) VALUES ('{tenant}', 1, '');
                    INSERT INTO sync_enrichments (tenant_id, job_id, kind, seq, outcome, result) VALUES ('{tenant}', gen_random_uuid(), 'ai', 0, 'completed', '{"{}"}');
                    INSERT INTO audit_pending (tenant_id, time, actor_kind, actor, action, target_kind, target, outcome, correlation_id, details) VALUES ('{tenant}', now(), 'user', '', 'a', '', '', 'succeeded', '', '{"{}"}');
                    INSERT INTO audit_log (tenant_id, sequence, time, actor_kind, actor, action, target_kind, target, outcome, correlation_id, details, digest, previous, hash)
                    VALUES ('{tenant}', 1, now(), 'user', '', 'a', '', '', 'succeeded', '', '{"{}"}', decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex'));
                    INSERT INTO api_keys (tenant_id, id, name, scopes, key_hash, hint, expires_at, created_at, created_by) VALUES ('{tenant}', gen_random_uuid(), 'k', 'sync.read', sha256('{tenant}'), '000000', now(), now(), '');
                    INSERT INTO webhook_drains (tenant_id, source_id) VALUES ('{tenant}', 's');
                    INSERT INTO alert_channels (tenant_id, channel_id, kind, host, target, events, enabled, version, created_by, created_at, updated_at) VALUES ('{tenant}', 'c', 'slack', 'h', '\x00', ARRAY['alert.opened'], true, 1, '', now(), now());
                    INSERT INTO alert_rules (tenant_id, rule_id, condition, threshold, window_seconds, min_count, enabled, version, created_by, created_at, updated_at) VALUES ('{tenant}', 'r', 'error_rate', 0, 0, 1, true, 1, '', now(), now());
                    INSERT INTO alert_silences (tenant_id, rule_id, until, created_by) VALUES ('{tenant}', 'r', now(), '');
                    INSERT INTO alerts (tenant_id, alert_id, rule_id, condition, subject, value, threshold, window_seconds, silenced, opened_at) VALUES ('{tenant}', '{run.JobId:D}', 'r', 'error_rate', '', 0, 0, 0, false, now());
                    INSERT INTO alert_notices (tenant_id, notice_id, channel_id, event, alert_id, state, attempts, next_at, created_at) VALUES ('{tenant}', gen_random_uuid(), 'c', 'alert.opened', '{run.JobId:D}', 'pending', 0, now(), now());
                    INSERT INTO sync_job_endings (tenant_id, job_id, source_id, status, ended_at, duration_ms, running_ms, records, rejected, bytes, llm_cost_micros)
                    VALUES ('{tenant}', '{run.JobId:D}', 's', 'completed', now(), 1, 1, 1, 0, 1, 0);
                    INSERT INTO privacy_requests (tenant_id, id, status, subject, subject_hash, pass, phase, counts, created_by, created_at, attempts)
                    VALUES ('{tenant}', '{run.JobId:D}', 'queued', '\x00', 'k1:00', 1, '', '{"{}"}', '', now(), 0);
                    INSERT INTO privacy_exports (tenant_id, request_id, job_id, outcome, files) VALUES ('{tenant}', '{run.JobId:D}', '{run.JobId:D}', 'pending', '[]');
                    INSERT INTO retention (tenant_id, kind, days, updated_by) VALUES ('{tenant}', 'records', 1, '');
                    """);
                await fill.ExecuteNonQueryAsync(Ct);
            }

            Rows = await TenantWall.RowsAsync(System.Superuser);
        }

        public ValueTask DisposeAsync() => System.DisposeAsync();
    }
}
