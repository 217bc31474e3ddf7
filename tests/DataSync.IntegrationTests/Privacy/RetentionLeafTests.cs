using DataSync.Privacy.Retention;
using Microsoft.Extensions.Time.Testing;
using Npgsql;

namespace DataSync.IntegrationTests.Privacy;

/// <summary>Leaves of records go whole, when nobody needs a record in them.</summary>
public sealed class RetentionLeafTests(PrivacyRig rig) : IClassFixture<PrivacyRig>, IAsyncLifetime
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await rig.KeepTodayAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_leaf_goes_whole_once_every_tenants_records_in_it_have_outlived_their_time()
    {
        // a day long past, which no other test uses
        var day = new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        await LeafAsync(day, "leaf-a", "leaf-b");
        var store = rig.Get<RetentionStore>();
        var now = new FakeTimeProvider(new DateTimeOffset(day.AddDays(5)));
        var sweeper = rig.Sweeper(now);
        await store.ReplaceAsync("leaf-a", new Dictionary<string, int>(StringComparer.Ordinal) { ["records"] = 2 }, "operator", Ct);
        await store.ReplaceAsync("leaf-b", new Dictionary<string, int>(StringComparer.Ordinal) { ["records"] = 7 }, "operator", Ct);

        // One tenant's are old enough: they go alone. Then the other's are, and the leaf goes.
        Assert.Equal(1, await sweeper.SweepAsync(Ct));
        Assert.Equal(1L, await rig.SqlAsync("SELECT count(*) FROM sync_data_20200101"));
        now.Advance(TimeSpan.FromDays(10));
        Assert.Equal(1, await sweeper.SweepAsync(Ct));
        Assert.False(await HasLeafAsync(day));
        Assert.Equal(
            ["leaf-a|records|1|-", "leaf-b|records|-|2020-01-01"],
            await rig.ListAsync("SELECT concat_ws('|', tenant_id, target, coalesce(details::json ->> 'removed', '-'), coalesce(details::json ->> 'leaf', '-')) FROM audit_pending WHERE action = 'retention.remove' AND tenant_id IN ('leaf-a', 'leaf-b') ORDER BY 1"));
    }

    [Fact]
    public async Task A_leaf_is_kept_by_an_export_that_begins_while_it_is_looked_into()
    {
        const string Tenant = "begins-export";
        var day = new DateTime(2020, 3, 1, 0, 0, 0, DateTimeKind.Utc);
        await LeafAsync(day, Tenant);
        await rig.Get<RetentionStore>().ReplaceAsync(Tenant, new Dictionary<string, int>(StringComparer.Ordinal) { ["records"] = 2 }, "operator", Ct);
        var job = await IdAsync(day);
        await rig.Jobs.RunningAsync(Tenant, "s", PrivacyRig.Plan("jsonl"), Ct, job);
        var again = await rig.Jobs.RunningAsync(Tenant, "s", PrivacyRig.Plan("jsonl"), Ct);
        await rig.SqlAsync("UPDATE sync_jobs SET status = 'completed', completed_at = now() WHERE tenant_id = 'begins-export' AND id = $1", job);
        await using var connection = await rig.Database.Superuser.OpenConnectionAsync(Ct);
        await using var begins = await connection.BeginTransactionAsync(Ct);
        foreach (var sql in (string[])["SELECT FROM sync_jobs WHERE id = $1 FOR SHARE", "UPDATE sync_jobs SET export_of = $1 WHERE id = $2"])
        {
            await using var command = new NpgsqlCommand(sql, connection) { Parameters = { new() { Value = job } } };
            if (sql.Contains("$2", StringComparison.Ordinal)) command.Parameters.Add(new NpgsqlParameter { Value = again.JobId });
            await command.ExecuteNonQueryAsync(Ct);
        }

        // It has found no export, and waits for the job's row.
        var dropping = DropAsync(new DateTimeOffset(day.AddDays(5)));
        await Task.Delay(300, Ct);
        await begins.CommitAsync(Ct);
        Assert.Equal(0, await dropping);
        Assert.True(await HasLeafAsync(day));
        await rig.SqlAsync("DELETE FROM sync_jobs WHERE id = $1", again.JobId);
        Assert.Equal(1, await DropAsync(new DateTimeOffset(day.AddDays(5))));
    }

    [Fact]
    public async Task A_leaf_is_kept_by_an_export_of_its_records_by_an_open_erasure_and_by_records_that_annotators_have()
    {
        var day = new DateTime(2020, 2, 1, 0, 0, 0, DateTimeKind.Utc);
        await LeafAsync(day, "keeps-export", "keeps-request", "keeps-tasks");
        foreach (var tenant in (string[])["keeps-export", "keeps-request", "keeps-tasks"])
            await rig.Get<RetentionStore>().ReplaceAsync(tenant, new Dictionary<string, int>(StringComparer.Ordinal) { ["records"] = 2 }, "operator", Ct);
        var job = await IdAsync(day);
        var again = await rig.Jobs.RunningAsync("keeps-export", "s", PrivacyRig.Plan("jsonl"), Ct);
        await rig.SqlAsync("UPDATE sync_jobs SET export_of = $2 WHERE id = $1", again.JobId, job);
        var request = await rig.Get<DataSync.Privacy.Subjects.Erasure.ErasureRequests>().AddAsync(PrivacyRig.Caller("keeps-request"), PrivacyRig.Whole("somebody"), null, Ct);
        await rig.Jobs.RunningAsync("keeps-tasks", "s", PrivacyRig.Plan("jsonl"), Ct, job);
        await rig.SqlAsync("UPDATE sync_jobs SET status = 'completed', completed_at = now() WHERE tenant_id = 'keeps-tasks'");
        await rig.SqlAsync("INSERT INTO label_studio_jobs (tenant_id, job_id, project_id) VALUES ('keeps-tasks', $1, 3)", job);
        var moment = new DateTimeOffset(day.AddDays(5));

        Assert.Equal(0, await DropAsync(moment));
        await rig.SqlAsync("DELETE FROM sync_jobs WHERE tenant_id = 'keeps-export'");
        Assert.Equal(0, await DropAsync(moment));
        await rig.SqlAsync("UPDATE privacy_requests SET status = 'failed', subject = NULL, completed_at = now() WHERE id = $1", request.RequestId);
        Assert.Equal(0, await DropAsync(moment));
        await rig.SqlAsync("DELETE FROM label_studio_jobs WHERE tenant_id = 'keeps-tasks'");
        Assert.True(await HasLeafAsync(day));
        Assert.Equal(1, await DropAsync(moment));
        Assert.False(await HasLeafAsync(day));
        Assert.Equal(true, await rig.SqlAsync("SELECT retired_at IS NOT NULL FROM sync_jobs WHERE tenant_id = 'keeps-tasks'"));
    }

    [Fact]
    public async Task What_enrichers_made_goes_before_the_leaf_of_its_records_and_keeps_it_until_then()
    {
        const string Tenant = "leaf-made";
        var day = new DateTime(2020, 5, 1, 0, 0, 0, DateTimeKind.Utc);
        await LeafAsync(day, Tenant);
        await MadeAsync(Tenant, day);
        await rig.Get<RetentionStore>().ReplaceAsync(Tenant, new Dictionary<string, int>(StringComparer.Ordinal) { ["records"] = 2 }, "operator", Ct);
        var moment = new DateTimeOffset(day.AddDays(5));
        Assert.Equal(0, await DropAsync(moment));
        Assert.True(await HasLeafAsync(day));
        Assert.Equal(2, await rig.Sweeper(moment).SweepAsync(Ct));
        Assert.Equal((false, 0L), (await HasLeafAsync(day), (long)(await rig.SqlAsync("SELECT count(*) FROM sync_enrichments WHERE tenant_id = $1", Tenant))!));
        Assert.Equal(
            [Tenant + "|-|2020-05-01", Tenant + "|1|-"],
            await rig.ListAsync($"SELECT concat_ws('|', tenant_id, coalesce(details::json ->> 'removed', '-'), coalesce(details::json ->> 'leaf', '-')) FROM audit_pending WHERE action = 'retention.remove' AND tenant_id = '{Tenant}' ORDER BY 1"));
    }

    [Fact]
    public async Task Leaf_whose_enrichments_cannot_go_stays_and_nobody_loses_the_records_by_which_they_are_found()
    {
        const string Tenant = "leaf-hindered";
        var day = new DateTime(2020, 5, 2, 0, 0, 0, DateTimeKind.Utc);
        await LeafAsync(day, Tenant);
        await MadeAsync(Tenant, day);
        await rig.Get<RetentionStore>().ReplaceAsync(Tenant, new Dictionary<string, int>(StringComparer.Ordinal) { ["records"] = 2 }, "operator", Ct);
        await rig.SqlAsync(
            $"""
            CREATE FUNCTION public.hinder_made() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.tenant_id = '{Tenant}' THEN RAISE EXCEPTION 'no'; END IF; RETURN OLD; END $$;
            CREATE TRIGGER hinder_made BEFORE DELETE ON sync_enrichments FOR EACH ROW EXECUTE FUNCTION public.hinder_made()
            """);
        try
        {
            await rig.Sweeper(new DateTimeOffset(day.AddDays(5))).SweepAsync(Ct);
        }
        finally
        {
            await rig.SqlAsync("DROP FUNCTION public.hinder_made() CASCADE");
        }

        Assert.Equal(
            (1L, 1L), ((long)(await rig.SqlAsync("SELECT count(*) FROM sync_data WHERE tenant_id = $1", Tenant))!, (long)(await rig.SqlAsync("SELECT count(*) FROM sync_enrichments WHERE tenant_id = $1", Tenant))!));
        await rig.Sweeper(new DateTimeOffset(day.AddDays(5))).SweepAsync(Ct);
        Assert.False(await HasLeafAsync(day));
    }

    [Fact]
    public async Task One_call_drops_one_leaf_and_one_that_somebody_reads_keeps_no_tenants_rows()
    {
        var (first, second, third) = (new DateTime(2020, 3, 1, 0, 0, 0, DateTimeKind.Utc), new DateTime(2020, 3, 2, 0, 0, 0, DateTimeKind.Utc), new DateTime(2020, 3, 3, 0, 0, 0, DateTimeKind.Utc));
        await LeafAsync(first, "one");
        await LeafAsync(second, "one");
        await LeafAsync(third, "one", "keeps-all");
        await rig.Get<RetentionStore>().ReplaceAsync("one", new Dictionary<string, int>(StringComparer.Ordinal) { ["records"] = 2 }, "operator", Ct);
        var moment = new DateTimeOffset(third.AddDays(5));
        Assert.Equal(1, await DropAsync(moment));
        Assert.Equal((false, true), (await HasLeafAsync(first), await HasLeafAsync(second)));

        await using (var reader = await rig.Database.Superuser.OpenConnectionAsync(Ct))
        await using (var reading = await reader.BeginTransactionAsync(Ct))
        {
            await using var read = new Npgsql.NpgsqlCommand("SELECT count(*) FROM sync_data_20200302", reader, reading);
            await read.ExecuteScalarAsync(Ct);
            Assert.Equal(2, await rig.Sweeper(moment).SweepAsync(Ct)); // the rows of the leaf that is read, and of the one that another keeps
        }

        Assert.Equal((true, 1L), (await HasLeafAsync(second), await rig.SqlAsync("SELECT count(*) FROM sync_data_20200303")));
        await rig.SqlAsync("SET ROLE datasync_owner; DROP TABLE sync_data_20200302, sync_data_20200303; RESET ROLE");
    }

    /// <summary>A leaf of a day long past, with a record of each tenant, all of one job's id.</summary>
    private async Task LeafAsync(DateTime day, params string[] tenants)
    {
        var (from, to) = (Day(day, "yyyy-MM-dd"), Day(day.AddDays(1), "yyyy-MM-dd"));
        await rig.SqlAsync(
            $"""
            SET ROLE datasync_owner; DO $$ BEGIN
                EXECUTE 'CREATE TABLE public.sync_data_{Day(day, "yyyyMMdd")} (LIKE public.sync_data INCLUDING DEFAULTS INCLUDING CONSTRAINTS, PRIMARY KEY (tenant_id, job_id, seq))';
                EXECUTE format('ALTER TABLE public.sync_data ATTACH PARTITION public.sync_data_{Day(day, "yyyyMMdd")} FOR VALUES FROM (%L) TO (%L)', public.uuid7_floor('{from}Z'), public.uuid7_floor('{to}Z'));
            END $$; RESET ROLE
            """);
        foreach (var tenant in tenants)
            await rig.SqlAsync("INSERT INTO sync_data (tenant_id, job_id, seq, id, source_id, raw_data) VALUES ($1, $2, 0, gen_random_uuid(), 's', '{}')", tenant, await IdAsync(day));
    }

    /// <summary>What an enricher made of the leaf's record.</summary>
    private async Task MadeAsync(string tenant, DateTime day)
        => await rig.SqlAsync("INSERT INTO sync_enrichments (tenant_id, job_id, kind, seq, outcome, result) VALUES ($1, $2, 'ai', 0, 'completed', '{}')", tenant, await IdAsync(day));

    private async Task<Guid> IdAsync(DateTime day) => (Guid)(await rig.SqlAsync("SELECT public.uuid7_floor($1::timestamptz)", day.AddHours(12)))!;

    private async Task<bool> HasLeafAsync(DateTime day) => await rig.SqlAsync("SELECT to_regclass($1) IS NOT NULL", "public.sync_data_" + Day(day, "yyyyMMdd")) is true;

    private static string Day(DateTime day, string format) => day.ToString(format, System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>One call, as the worker makes it.</summary>
    private async Task<int> DropAsync(DateTimeOffset moment)
    {
        await using var drop = rig.Database.Sources.System.CreateCommand("SELECT public.drop_expired_leaves($1)");
        drop.Parameters.AddWithValue(moment);
        return (int)(await drop.ExecuteScalarAsync(Ct))!;
    }
}
