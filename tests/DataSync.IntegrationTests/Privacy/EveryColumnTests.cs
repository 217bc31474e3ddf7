using System.Text.Json;

namespace DataSync.IntegrationTests.Privacy;

/// <summary>No column that may hold a person is forgotten: each is given out by an export and gone through by an erasure, or said here to hold nobody. The catalog lists them, so that a new one has to be thought of.</summary>
public sealed class EveryColumnTests(PrivacyRig rig) : IClassFixture<PrivacyRig>
{
    private const string Subject = "planted.column@example.com";

    /// <summary>What came from a source, a delivery or a request about people, or is quoted from it, by table.</summary>
    private static readonly Dictionary<string, string[]> Walked = new(StringComparer.Ordinal)
    {
        ["sync_data"] = ["raw_data", "refined_data", "refined_changes", "metadata"],
        ["sync_rejections"] = ["original", "correction", "message", "field"],
        ["sync_enrichments"] = ["result", "problem"],
        ["sync_jobs"] = ["error_details", "interruption", "gap", "enriched", "change_tracking", "rules", "routed", "checkpoint"],
        ["sync_job_attempts"] = ["failure"],
        ["sync_schedules"] = ["failure"],
        ["sync_state"] = ["state_data", "last_record_id"],
        ["ai_answers"] = ["answer"],
        ["coco_categories"] = ["name"],
        ["webhook_deliveries"] = ["payload", "webhook_id"],
        ["idempotency_keys"] = ["body", "location", "key"],
    };

    /// <summary>What an export calls the rows of those tables.</summary>
    private static readonly Dictionary<string, string> Kinds = new(StringComparer.Ordinal)
    {
        ["sync_data"] = "records",
        ["sync_rejections"] = "rejections",
        ["sync_enrichments"] = "enrichments",
        ["sync_jobs"] = "job_details",
        ["sync_job_attempts"] = "job_details",
        ["sync_schedules"] = "job_details",
        ["sync_state"] = "source_states",
        ["ai_answers"] = "ai_answers",
        ["coco_categories"] = "categories",
        ["webhook_deliveries"] = "deliveries",
        ["idempotency_keys"] = "kept_answers",
    };

    /// <summary>By name, in whatever table.</summary>
    private static readonly HashSet<string> Nobody = new(StringComparer.Ordinal)
    {
        // whose it is, and accounts that called the API
        "tenant_id", "source_id", "created_by", "updated_by", "corrected_by", "acknowledged_by", "correlation_id", "trace_parent", "dispatcher",
        // what a tenant or an operator wrote: settings, rules, names
        "config", "connection_params", "extraction_params", "sync", "access", "source_name", "cron", "time_zone", "language", "region", "api_keys.name", "rate_limits.name", "sync_seen_values.name", "scopes", "rule_id", "channel_id", "channels", "events", "host",
        "base_url", "condition", "alerts.subject",
        // where a log or a table was read to: positions and counts of the source's server
        "slot_releases.last",
        // sealed, or a hash under a key that is not beside it; those of retries are gone through by SeenStore
        "target", "wrapped_key", "master_key_id", "api_key", "key_hash", "hook_digest", "hint", "privacy_requests.subject", "subject_hash", "fingerprint", "operation", "hashes", "etag", "ai_answers.key",
        // words of our own: states, kinds, codes, keys of texts, names of files, counts
        "status", "state", "stage", "outcome", "mode", "kind", "code", "event", "error_key", "source_type", "sync_type", "content_type", "phase", "place", "counts", "files", "sync_jobs.result", "webhook_deliveries.failure", "alert_notices.failure", "privacy_requests.failure",
    };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_column_of_text_is_gone_through_or_said_to_hold_nobody()
    {
        var columns = await rig.ListAsync(
            """
            SELECT c.relname || '.' || a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_type t ON t.oid = a.atttypid
            WHERE c.relkind IN ('r', 'p') AND n.nspname = 'public' AND NOT c.relispartition AND c.relname NOT LIKE 'audit_%' AND a.attnum > 0 AND NOT a.attisdropped
                AND t.typname IN ('text', 'varchar', 'bpchar', 'json', 'jsonb', 'bytea', '_text', '_varchar')
                AND EXISTS (SELECT FROM pg_attribute o WHERE o.attrelid = c.oid AND o.attname = 'tenant_id') ORDER BY 1
            """);
        var walked = Walked.SelectMany(t => t.Value.Select(c => $"{t.Key}.{c}")).ToHashSet(StringComparer.Ordinal);
        Assert.Empty(walked.Except(columns, StringComparer.Ordinal));
        var forgotten = columns.Where(c => !walked.Contains(c) && !Nobody.Contains(c) && !Nobody.Contains(c[(c.IndexOf('.', StringComparison.Ordinal) + 1)..])).ToList();
        Assert.Empty(forgotten);
    }

    [Fact]
    public async Task What_stands_in_any_of_the_columns_alone_is_given_out_and_erased()
    {
        // One column of a table at a time, so that a row which goes for one of them hides no other.
        for (var round = 0; round < Walked.Values.Max(c => c.Length); round++)
        {
            var tenant = $"columns-{round}";
            await FillAsync(tenant);
            var planted = Walked.Where(t => round < t.Value.Length).Select(t => (Table: t.Key, Column: t.Value[round])).ToList();
            foreach (var (table, column) in planted) await PlantAsync(tenant, table, column);
            foreach (var (table, column) in planted) Assert.True(await HoldsAsync(tenant, table, column), $"{table}.{column} was not planted");

            var given = await rig.GiveAsync(tenant, PrivacyRig.Whole(Subject));
            var receipt = await rig.EraseAsync(tenant, PrivacyRig.Whole(Subject));

            foreach (var (table, column) in planted) Assert.True(given.Any(line => Gives(line, table, column)), $"{table}.{column} is not given out: {string.Join('\n', given)}");
            Assert.True(given[^1].GetProperty("complete").GetBoolean());
            Assert.Equal("completed", receipt.Status);
            foreach (var (table, column) in planted) Assert.False(await HoldsAsync(tenant, table, column), $"{table}.{column} still holds the subject");
            Assert.True(receipt.Erased.Where(e => !e.Key.StartsWith("exports_", StringComparison.Ordinal)).Sum(e => e.Value) >= planted.Count, "something went uncounted");
        }
    }

    /// <summary>Whether a line gives out what stands in a column. A row's documents are members of their column's name; of other tables each column has a line that names it as its field.</summary>
    private static bool Gives(JsonElement line, string table, string column)
    {
        if (line.GetProperty("kind").GetString() != Kinds[table]) return false;
        var member = table is "sync_data" or "sync_rejections" or "sync_enrichments" || column == "webhook_id" ? column : "document";
        if (!line.TryGetProperty(member, out var given) || !given.GetRawText().Contains(Subject, StringComparison.Ordinal)) return false;
        if (member == "document" && line.TryGetProperty("field", out var field) && field.GetString() != column) return false;
        return table switch
        {
            "sync_jobs" => line.TryGetProperty("job_id", out _) && !line.TryGetProperty("attempt", out _),
            "sync_job_attempts" => line.TryGetProperty("attempt", out _),
            "sync_schedules" => line.TryGetProperty("source_id", out _),
            _ => true,
        };
    }

    private async Task FillAsync(string tenant)
    {
        await rig.JobAsync(tenant, "s", PrivacyRig.Plan("jsonl"), ["""{"a":1}""", """{"refused":1}"""], d => d.Contains("refused", StringComparison.Ordinal));
        await rig.SqlAsync(
            $$"""
            INSERT INTO data_source_configs (tenant_id, id, source_id, source_name, source_type, connection_params, extraction_params, sync, is_active, created_at, updated_at, created_by, version)
            VALUES ('{{tenant}}', gen_random_uuid(), 's', 's', 'database', '{}', '{}', '{}', true, now(), now(), '', 1);
            INSERT INTO sync_schedules (tenant_id, source_id, cron, time_zone, next_run_at, settled, idle_runs, failed_runs, created_by, created_at, updated_at) VALUES ('{{tenant}}', 's', '0 0 * * *', 'UTC', now(), true, 0, 0, '', now(), now());
            INSERT INTO sync_state (tenant_id, id, source_id, last_sync_timestamp, updated_at) VALUES ('{{tenant}}', gen_random_uuid(), 's', now(), now());
            INSERT INTO sync_enrichments (tenant_id, job_id, kind, seq, outcome, result) SELECT tenant_id, id, 'ai', 0, 'completed', '{}' FROM sync_jobs WHERE tenant_id = '{{tenant}}';
            INSERT INTO ai_answers (tenant_id, key, answer, input_tokens, output_tokens) VALUES ('{{tenant}}', '\x01', '{}', 1, 1);
            INSERT INTO coco_categories (tenant_id, source_id, id, name, hash) VALUES ('{{tenant}}', 's', 1, '"cat"', 1);
            INSERT INTO idempotency_keys (tenant_id, operation, key, fingerprint, claim_id, expires_at, created_at, status, body) VALUES ('{{tenant}}', '\x00', 'k', '\x00', gen_random_uuid(), now() + interval '1 day', now(), 200, '{}');
            INSERT INTO webhook_deliveries (tenant_id, delivery_id, source_id, received_at, bytes, payload, replays) VALUES ('{{tenant}}', gen_random_uuid(), 's', now(), 1, '{}', 0);
            """);
    }

    private Task<object?> PlantAsync(string tenant, string table, string column) => rig.SqlAsync(
        $$"""
        DO $do$ DECLARE t text := (SELECT format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = 'public.{{table}}'::regclass AND attname = '{{column}}');
        BEGIN
            EXECUTE format('UPDATE public.{{table}} SET {{column}} = %s WHERE tenant_id = ''{{tenant}}''',
                CASE t WHEN 'json' THEN '''{"v":"{{Subject}}"}''' WHEN 'bytea' THEN 'convert_to(''{"v":"{{Subject}}"}'', ''UTF8'')' ELSE '''{{Subject}}''' END);
        END $do$
        """);

    private async Task<bool> HoldsAsync(string tenant, string table, string column)
    {
        var text = column is "body" or "payload" ? $"encode({column}, 'escape')" : $"{column}::text";
        return (long)(await rig.SqlAsync($"SELECT count(*) FROM {table} WHERE tenant_id = $1 AND position($2 in {text}) > 0", tenant, Subject))! > 0;
    }
}
