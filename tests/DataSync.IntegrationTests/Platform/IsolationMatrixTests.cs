using DataSync.IntegrationTests.Postgres;
using DataSync.Pipeline;
using DataSync.Process.Async;
using Npgsql;

namespace DataSync.IntegrationTests.Platform;

/// <summary>
/// Every tenant table the catalogue knows × every operation × {no tenant, wrong tenant, right tenant}. The tables come from the catalogue, so a new one
/// is in the matrix without anybody remembering; the right tenant is the positive control that the refusals are not for another reason.
/// </summary>
public sealed class IsolationMatrixTests(IsolationMatrixTests.TwoTenants database) : IClassFixture<IsolationMatrixTests.TwoTenants>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_tenant_table_forces_row_security_and_its_keys_lead_with_the_tenant()
    {
        await using var unsafeTables = database.System.Superuser.CreateCommand("""
            SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
              AND EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id')
              AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
            UNION ALL
            SELECT i.indexrelid::regclass::text FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = 'public' AND EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id')
              AND (SELECT a.attname FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = i.indkey[0]) <> 'tenant_id'
            """);
        await using var rows = await unsafeTables.ExecuteReaderAsync(Ct);
        List<string> found = [];
        while (await rows.ReadAsync(Ct)) found.Add(rows.GetString(0));
        Assert.Empty(found);
    }

    [Fact]
    public async Task No_tenant_and_the_wrong_one_see_change_and_remove_nothing()
    {
        var tables = await TablesAsync();
        Assert.Equal(["ai_answers", "ai_budgets", "ai_usage", "configuration_generations", "data_source_configs", "idempotency_keys", "label_studio_jobs", "label_studio_projects", "label_studio_tasks", "rate_limits", "sync_data", "sync_enrichments", "sync_job_attempts", "sync_job_stages", "sync_jobs", "sync_rejections", "sync_schedules", "sync_seen_values", "sync_state", "tenant_keys", "tenant_queues", "tenant_settings", "webhook_deliveries", "webhook_drains"], tables);
        List<string> holes = [];
        foreach (var table in tables)
        {
            foreach (var tenant in (string?[])[null, "", "b", "a"])
            {
                var seen = await TryAsync(tenant, $"SELECT 1 FROM {table} WHERE tenant_id = 'a'");
                var updated = await TryAsync(tenant, $"UPDATE {table} SET tenant_id = tenant_id WHERE tenant_id = 'a'");
                var deleted = await TryAsync(tenant, $"DELETE FROM {table} WHERE tenant_id = 'a'");
                var moved = await TryAsync(tenant, $"UPDATE {table} SET tenant_id = 'c' WHERE tenant_id = 'a'");
                if (tenant == "a")
                {
                    if (seen < 1) holes.Add($"{table}: its own tenant does not see it, so the rest proves nothing");
                    if (moved > 0) holes.Add($"{table}: a row moved to another tenant");
                }
                else if (seen > 0 || updated > 0 || deleted > 0 || moved > 0)
                {
                    holes.Add($"{table} as {tenant ?? "nobody"}: {seen} seen, {updated} updated, {deleted} deleted, {moved} moved");
                }
            }

            foreach (var tenant in (string?[])[null, "", "b"])
            {
                if (await InsertForAsync("c", tenant, table) != PostgresErrorCodes.InsufficientPrivilege) holes.Add($"{table} as {tenant ?? "nobody"}: a row for another tenant was let in");
            }

            // The control: past the wall, where the application may insert at all. What else forbids a copy (its parent is missing, no job is born so) comes behind the wall.
            var mayInsert = await TryAsync(null, $"SELECT 1 WHERE has_table_privilege(current_user, '{table}', 'INSERT')") > 0;
            if (mayInsert && await InsertForAsync("c", "c", table) is PostgresErrorCodes.InsufficientPrivilege) holes.Add($"{table}: its own tenant cannot insert, so the rest proves nothing");
        }

        Assert.Empty(holes);
    }

    [Fact]
    public async Task Inserting_for_another_tenant_is_refused_everywhere()
    {
        foreach (var table in await TablesAsync())
        {
            await using var connection = await database.System.Sources.App.OpenConnectionAsync(Ct);
            await using var transaction = await connection.BeginTransactionAsync(Ct);
            await ExecuteAsync(connection, "SELECT set_config('app.tenant_id', 'b', true)");

            // A whole row of tenant a, as JSON taken by the superuser, put in as tenant b.
            await using var read = database.System.Superuser.CreateCommand($"SELECT row_to_json(t)::text FROM {table} t WHERE tenant_id = 'a' LIMIT 1");
            var row = (string)(await read.ExecuteScalarAsync(Ct))!;
            await using var insert = new NpgsqlCommand($"INSERT INTO {table} SELECT * FROM json_populate_record(NULL::{table}, $1::json)", connection);
            insert.Parameters.Add(new NpgsqlParameter<string> { TypedValue = row });
            var refused = await Assert.ThrowsAsync<PostgresException>(() => insert.ExecuteNonQueryAsync(Ct));
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
        }
    }

    [Fact]
    public async Task Planted_permissive_policy_is_noticed()
    {
        await using (var plant = database.System.Superuser.CreateCommand("CREATE POLICY planted ON sync_jobs FOR SELECT TO datasync_app USING (true)")) await plant.ExecuteNonQueryAsync(Ct);
        try
        {
            Assert.True(await TryAsync("b", "SELECT 1 FROM sync_jobs WHERE tenant_id = 'a'") > 0);
        }
        finally
        {
            await using var pull = database.System.Superuser.CreateCommand("DROP POLICY planted ON sync_jobs");
            await pull.ExecuteNonQueryAsync(Ct);
        }
    }

    [Fact]
    public async Task System_role_reads_only_the_columns_of_its_sweeps()
    {
        foreach (var (table, column) in ((string, string)[])[("sync_jobs", "config"), ("sync_jobs", "error_details"), ("sync_job_attempts", "failure"), ("sync_schedules", "cron"), ("sync_schedules", "failure"), ("data_source_configs", "sync"), ("data_source_configs", "connection_params"), ("tenant_keys", "wrapped_key"), ("sync_data", "raw_data"), ("sync_enrichments", "result"), ("ai_answers", "answer"), ("ai_usage", "calls"), ("ai_budgets", "token_limit"), ("idempotency_keys", "body"), ("webhook_deliveries", "payload"), ("webhook_deliveries", "webhook_id"), ("webhook_drains", "job_id"), ("label_studio_projects", "api_key")])
        {
            await using var command = database.System.Sources.System.CreateCommand($"SELECT {column} FROM {table}");
            var refused = await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteScalarAsync(Ct));
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
        }
    }

    private async Task<List<string>> TablesAsync()
    {
        await using var command = database.System.Superuser.CreateCommand("""
            SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
              AND EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id') ORDER BY 1
            """);
        await using var rows = await command.ExecuteReaderAsync(Ct);
        List<string> tables = [];
        while (await rows.ReadAsync(Ct)) tables.Add(rows.GetString(0));
        return tables;
    }

    /// <summary>Rows the statement touched as the application role, rolled back; 0 where it was refused.</summary>
    private async Task<long> TryAsync(string? tenant, string sql)
    {
        await using var connection = await database.System.Sources.App.OpenConnectionAsync(Ct);
        await using var transaction = await connection.BeginTransactionAsync(Ct);
        if (tenant is not null) await ExecuteAsync(connection, $"SELECT set_config('app.tenant_id', '{tenant}', true)");
        try
        {
            await using var command = new NpgsqlCommand(sql, connection);
            if (!sql.StartsWith("SELECT", StringComparison.Ordinal)) return await command.ExecuteNonQueryAsync(Ct);
            await using var reader = await command.ExecuteReaderAsync(Ct);
            var count = 0;
            while (await reader.ReadAsync(Ct)) count++;
            return count;
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.InsufficientPrivilege)
        {
            return 0;
        }
    }

    /// <summary>Inserts a copy of tenant a's row as <paramref name="owner"/>'s, acting as <paramref name="tenant"/>; the SQLSTATE of what forbade it, null if nothing did.</summary>
    private async Task<string?> InsertForAsync(string owner, string? tenant, string table)
    {
        await using var read = database.System.Superuser.CreateCommand($"SELECT to_jsonb(t) FROM {table} t WHERE tenant_id = 'a' LIMIT 1");
        var row = (string)(await read.ExecuteScalarAsync(Ct))!;
        await using var connection = await database.System.Sources.App.OpenConnectionAsync(Ct);
        await using var transaction = await connection.BeginTransactionAsync(Ct);
        if (tenant is not null) await ExecuteAsync(connection, $"SELECT set_config('app.tenant_id', '{tenant}', true)");
        try
        {
            await using var insert = new NpgsqlCommand($"INSERT INTO {table} SELECT * FROM jsonb_populate_record(NULL::{table}, $1::jsonb || jsonb_build_object('tenant_id', $2::text))", connection)
            {
                Parameters = { new() { Value = row }, new() { Value = owner } },
            };
            await insert.ExecuteNonQueryAsync(Ct);
            return null;
        }
        catch (PostgresException e)
        {
            return e.SqlState;
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Ct);
    }

    /// <summary>A database in which tenants a and b have a row in every tenant table.</summary>
    public sealed class TwoTenants : IAsyncLifetime
    {
        public SystemDatabase System { get; } = new();

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
                    INSERT INTO tenant_keys (tenant_id, key_id, master_key_id, wrapped_key, created_at) VALUES ('{tenant}', 1, 'm', '\x00', now());
                    INSERT INTO idempotency_keys (tenant_id, operation, key, fingerprint, claim_id, expires_at, created_at) VALUES ('{tenant}', '\x00', 'k', '\x00', gen_random_uuid(), now(), now());
                    INSERT INTO rate_limits (tenant_id, name, next_at) VALUES ('{tenant}', 's', now());
                    INSERT INTO tenant_settings (tenant_id, language, version) VALUES ('{tenant}', 'zh-CN', 1);
                    INSERT INTO webhook_deliveries (tenant_id, delivery_id, source_id, received_at, bytes, payload, replays) VALUES ('{tenant}', gen_random_uuid(), 's', now(), 1, '\x00', 0);
                    INSERT INTO ai_answers (tenant_id, key, answer, input_tokens, output_tokens) VALUES ('{tenant}', '\x00', '{"{}"}', 1, 1);
                    INSERT INTO ai_usage (tenant_id, month, calls, input_tokens, output_tokens, cost_micros, day, day_tokens, day_cost_micros) VALUES ('{tenant}', '2026-01-01', 1, 1, 1, 1, '2026-01-01', 2, 1);
                    INSERT INTO ai_budgets (tenant_id, token_limit, updated_by) VALUES ('{tenant}', 1, '');
                    INSERT INTO sync_enrichments (tenant_id, job_id, kind, seq, outcome, result) VALUES ('{tenant}', gen_random_uuid(), 'ai', 0, 'completed', '{"{}"}');
                    INSERT INTO webhook_drains (tenant_id, source_id) VALUES ('{tenant}', 's');
                    """);
                await fill.ExecuteNonQueryAsync(Ct);
            }
        }

        public ValueTask DisposeAsync() => System.DisposeAsync();
    }
}
