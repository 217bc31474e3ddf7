using DataSync.Platform.Encryption;
using DataSync.Privacy.Subjects;
using DataSync.Privacy.Subjects.Erasure;
using DataSync.Privacy.Tenants;
using DataSync.Refine.LabelStudio.Projects;

namespace DataSync.IntegrationTests.Privacy;

/// <summary>A tenant that is erased leaves no row, no file and no key.</summary>
public sealed class TenantErasureTests(PrivacyRig rig) : IClassFixture<PrivacyRig>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_sealed_opens_any_more_and_no_table_has_a_row_of_the_tenant_while_another_keeps_all()
    {
        rig.Annotators.Work.Projects.TryAdd(3, new());
        foreach (var tenant in (string[])["gone", "stays"]) await FillAsync(tenant);
        var (rows, files) = (await rig.DigestsAsync("stays"), rig.Files("stays"));
        var filled = (await rig.DigestsAsync("gone")).Where(t => t.Value != "none").Select(t => t.Key).ToList();
        Assert.Equal(await rig.TablesAsync(), filled);
        Assert.NotEmpty(rig.Files("gone"));
        var copies = await CopiesAsync("gone");
        Assert.Equal(2, copies.Count);
        Assert.All(copies, c => Assert.NotNull(c.Opened));

        Assert.True((await rig.Get<TenantErasure>().RunAsync("gone", leaveTasks: false, Ct)).Rows > 10);

        Assert.Empty((await rig.DigestsAsync("gone")).Where(t => t.Value != "none").Select(t => t.Key));
        Assert.Empty(rig.Files("gone"));
        Assert.False(Directory.Exists(Path.Combine(rig.Exports, "gone")));

        // what somebody kept a copy of, is of no use: there is no key, neither in the database nor at hand
        foreach (var copy in copies)
        {
            Assert.True(DataKey.TryReadKeyId(copy.Sealed, out var key));
            Assert.Null(rig.Get<TenantKeyring>().OpeningKeyAtHand("gone", key));
            await using var transaction = await rig.Jobs.Tenants.BeginAsync("gone", Ct);
            Assert.Null(await rig.Get<TenantKeyring>().OpeningKeyAsync(transaction, key, fresh: false, Ct));
        }

        Assert.Equal(rows, await rig.DigestsAsync("stays"));
        Assert.Equal(files.Keys, rig.Files("stays").Keys);
        Assert.All(await CopiesAsync("stays"), c => Assert.NotNull(c.Opened));
        Assert.Equal(0, (await rig.Get<TenantErasure>().RunAsync("gone", leaveTasks: false, Ct)).Rows);
        Assert.Equal(
            ["command|erase-tenant|tenant|succeeded|t"],
            await rig.ListAsync("SELECT concat_ws('|', actor_kind, actor, target_kind, outcome, (details::json ->> 'rows')::bigint > 10) FROM audit_pending WHERE tenant_id = 'gone' AND action = 'tenant.erase'"));
    }

    [Fact]
    public async Task The_end_of_a_persons_erasure_is_in_the_audit_log_with_its_counts()
    {
        await rig.JobAsync("told", "s", PrivacyRig.Plan("jsonl"), ["""{"a":"anna@example.com"}""", """{"a":"ben@example.com"}"""]);
        var view = await rig.EraseAsync("told", PrivacyRig.Whole("anna@example.com"));
        Assert.Equal(
            [$"system|erasure|privacy_request|{view.RequestId:D}|succeeded|1"],
            await rig.ListAsync("SELECT concat_ws('|', actor_kind, actor, target_kind, target, outcome, details::json -> 'counts' ->> 'records') FROM audit_pending WHERE tenant_id = 'told' AND action = 'privacy.erased'"));
    }

    private async Task FillAsync(string tenant)
    {
        await rig.SqlAsync("INSERT INTO alert_channels (tenant_id, channel_id, kind, host, target, events, enabled, version, created_by, created_at, updated_at) VALUES ($1, 'c', 'slack', 'h', '\\x00', ARRAY['job.completed'], true, 1, '', now(), now())", tenant);
        await rig.SqlAsync("INSERT INTO tenant_settings (tenant_id, language, version) VALUES ($1, 'zh-CN', 1)", tenant);
        await rig.SqlAsync("INSERT INTO data_source_configs (tenant_id, id, source_id, source_name, source_type, connection_params, extraction_params, sync, is_active, created_at, updated_at, created_by, version) VALUES ($1, gen_random_uuid(), 's', 's', 'database', '{}', '{}', '{}', true, now(), now(), '', 1)", tenant);
        await rig.SqlAsync("INSERT INTO sync_state (tenant_id, id, source_id, last_sync_timestamp, updated_at) VALUES ($1, gen_random_uuid(), 's', now(), now())", tenant);
        await rig.SqlAsync("INSERT INTO sync_schedules (tenant_id, source_id, cron, time_zone, next_run_at, settled, idle_runs, failed_runs, created_by, created_at, updated_at) VALUES ($1, 's', '0 0 * * *', 'UTC', now(), true, 0, 0, '', now(), now())", tenant);
        await rig.JobAsync(tenant, "s", PrivacyRig.Plan("jsonl"), ["""{"a":1}""", """{"refused":1}"""], d => d.Contains("refused", StringComparison.Ordinal));
        await rig.SqlAsync("INSERT INTO webhook_deliveries (tenant_id, delivery_id, source_id, received_at, bytes, payload, replays) VALUES ($1, gen_random_uuid(), 's', now(), 1, 'x', 0)", tenant);
        await rig.Get<ErasureRequests>().AddAsync(PrivacyRig.Caller(tenant), PrivacyRig.Whole("somebody"), null, Ct);
        await rig.SqlAsync(
            $"""
            INSERT INTO alert_rules (tenant_id, rule_id, condition, threshold, window_seconds, min_count, enabled, version, created_by, created_at, updated_at) VALUES ('{tenant}', 'r', 'error_rate', 0, 0, 1, true, 1, '', now(), now());
            INSERT INTO alert_silences (tenant_id, rule_id, until, created_by) VALUES ('{tenant}', 'r', now(), '');
            INSERT INTO alerts (tenant_id, alert_id, rule_id, condition, subject, value, threshold, window_seconds, silenced, opened_at) VALUES ('{tenant}', gen_random_uuid(), 'r', 'error_rate', '', 0, 0, 0, false, now());
            INSERT INTO api_keys (tenant_id, id, name, scopes, key_hash, hint, expires_at, created_at, created_by) VALUES ('{tenant}', gen_random_uuid(), 'k', 'sync.read', sha256('{tenant}'), '000000', now(), now(), '');
            INSERT INTO ai_usage (tenant_id, month, calls, input_tokens, output_tokens, cost_micros, day, day_tokens, day_cost_micros) VALUES ('{tenant}', '2026-01-01', 1, 1, 1, 1, '2026-01-01', 2, 1);
            INSERT INTO ai_budgets (tenant_id, token_limit, updated_by) VALUES ('{tenant}', 1, '');
            INSERT INTO rate_limits (tenant_id, name, next_at) VALUES ('{tenant}', 's', now());
            INSERT INTO sync_seen_values (tenant_id, job_id, name, upto, hashes) VALUES ('{tenant}', gen_random_uuid(), '', 1, 'x');
            INSERT INTO sync_enrichments (tenant_id, job_id, kind, seq, outcome, result) VALUES ('{tenant}', gen_random_uuid(), 'ai', 0, 'completed', '{"{}"}');
            INSERT INTO webhook_drains (tenant_id, source_id) VALUES ('{tenant}', 's');
            INSERT INTO source_slots (tenant_id, source_id) VALUES ('{tenant}', 's');
            INSERT INTO coco_categories (tenant_id, source_id, id, name, hash) VALUES ('{tenant}', 's', 1, '"cat"', 1);
            INSERT INTO slot_releases (tenant_id, id, source_id, source_type, connection_params, version, created_at, next_try_at) VALUES ('{tenant}', gen_random_uuid(), 's', 'database', '{"{}"}', 1, now(), now());
            INSERT INTO privacy_exports (tenant_id, request_id, job_id, outcome, files) SELECT tenant_id, id, gen_random_uuid(), 'none', '[]' FROM privacy_requests WHERE tenant_id = '{tenant}';
            INSERT INTO label_studio_jobs (tenant_id, job_id, project_id) SELECT tenant_id, id, 3 FROM sync_jobs WHERE tenant_id = '{tenant}';
            INSERT INTO label_studio_tasks (tenant_id, job_id, seq, task_id, settled) SELECT tenant_id, id, 1, 1, false FROM sync_jobs WHERE tenant_id = '{tenant}';
            """);
        await rig.SqlAsync("INSERT INTO ai_answers (tenant_id, key, answer, input_tokens, output_tokens) VALUES ($1, '\\x01', '{}', 1, 1)", tenant);
        await rig.SqlAsync("INSERT INTO idempotency_keys (tenant_id, operation, key, fingerprint, claim_id, expires_at, created_at) VALUES ($1, '\\x00', 'k', '\\x00', gen_random_uuid(), now(), now())", tenant);
        await rig.Get<ProjectStore>().ReplaceAsync(tenant, 3, rig.Annotators.Url, rig.Annotators.Logins.Legacy, "alice", Ct);
        await rig.SqlAsync("INSERT INTO retention (tenant_id, kind, days, updated_by) VALUES ($1, 'records', 1, '')", tenant);
    }

    /// <summary>The tenant's sealed values, and what they open to.</summary>
    private async Task<List<(byte[] Sealed, object? Opened)>> CopiesAsync(string tenant)
    {
        var key = (byte[])(await rig.SqlAsync("SELECT api_key FROM label_studio_projects WHERE tenant_id = $1", tenant))!;
        var subject = (byte[])(await rig.SqlAsync("SELECT subject FROM privacy_requests WHERE tenant_id = $1", tenant))!;
        var id = (Guid)(await rig.SqlAsync("SELECT id FROM privacy_requests WHERE tenant_id = $1", tenant))!;
        await using var transaction = await rig.Jobs.Tenants.BeginAsync(tenant, Ct);
        return [(key, (await rig.Get<ProjectStore>().ServerAsync(tenant, 3, Ct)).ApiKey), (subject, await rig.Get<SubjectSeal>().OpenAsync(transaction, id, subject, Ct))];
    }
}
