using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using DataSync.Benchmarks.Measuring;
using DataSync.Benchmarks.Ours;
using DataSync.Benchmarks.Running;

namespace DataSync.Benchmarks.Cases.Erasure;

/// <summary>How long it takes to erase one person among a tenant's records, and how that compares with asking the database alone where the person is.</summary>
internal sealed class ErasureCase : BenchmarkCase
{
    private const string Limit = "limit: psql, a scan of the records for the value";
    private const string Ours = "erasure over HTTP, from the POST to its receipt";
    private const string Preview = "preview over HTTP";
    private const string Tenant = "people";
    private const int Jobs = 20;

    private int _subject;

    public override string Name => "erasure";

    public override string Title => "one subject among all records of a tenant: preview, and erasure from the POST to `completed`";

    public override async Task<CasePlan> PrepareAsync(BenchContext context, CancellationToken ct)
    {
        var source = await context.Server.CreateDatabaseAsync("source", ct);
        var reader = await context.Server.CreateReaderAsync(source, ct);
        var system = await StartedSystem.StartAsync(context, reader, ct);
        var client = system.ClientOf(Tenant);
        await FillAsync(system, context.Rows, ct);
        await system.Database.Superuser.ExecuteAsync("VACUUM ANALYZE sync_data", ct);
        return new CasePlan(
            [
                new Contender(Limit, token => context.Server.Psql.Run(system.Database.Superuser, $"SELECT count(*) FROM sync_data WHERE strpos(raw_data::text, '{Value(_subject)}') > 0").RunAsync(context.Server.Cpu, token)),
                new Contender(Preview, token => MeasureAsync(system, async () =>
                {
                    var found = await client.PostAsync("/api/privacy/subjects/preview", Body(), token);
                    if ((long)found["found"]!["records"]! != Jobs) throw new BenchmarkException("The preview missed records.");
                })),
                new Contender(Ours, token => MeasureAsync(system, () => EraseAsync(client, token)))
                {
                    CheckAsync = async token =>
                    {
                        var left = await system.Database.Superuser.ScalarAsync<long>($"SELECT count(*) FROM sync_data WHERE strpos(raw_data::text, '{Value(_subject)}') > 0", token);
                        if (left != 0) throw new BenchmarkException("The erasure left records.");
                        _subject++;
                    },
                },
            ],
            [new Target("seconds for one subject, worst round", 10, r => r.Of(Ours) is { Count: > 0 } runs ? runs.Max(m => m.Wall.TotalSeconds) : null) { Unit = "s" }])
        {
            EndAsync = async () =>
            {
                client.Dispose();
                await system.DisposeAsync();
            },
        };
    }

    private static string Value(int subject) => string.Create(CultureInfo.InvariantCulture, $"subject-{subject:D4}@people.example");

    private JsonObject Body() => new() { ["value"] = Value(_subject) };

    private async Task EraseAsync(Api client, CancellationToken ct)
    {
        var request = (string)(await client.PostAsync("/api/privacy/subjects/erase", Body(), ct))["request_id"]!;
        while (true)
        {
            var seen = await client.GetAsync($"/api/privacy/requests/{request}", ct);
            if ((string)seen["status"]! == "completed")
            {
                if ((long)seen["erased"]!["records"]! != Jobs) throw new BenchmarkException("The erasure missed records.");
                return;
            }

            await Task.Delay(20, ct);
        }
    }

    private static async Task<Measurement> MeasureAsync(StartedSystem system, Func<Task> work)
    {
        var (cpu, began) = (system.Cpu, Stopwatch.GetTimestamp());
        await work();
        return new Measurement { Wall = Stopwatch.GetElapsedTime(began), ClientCpu = system.Cpu - cpu, PeakBytes = system.Worker.PeakBytes };
    }

    /// <summary>Jobs of some 400 bytes a record; each of the first subjects has a record in each of them.</summary>
    private static Task FillAsync(StartedSystem system, long rows, CancellationToken ct) => system.Database.Superuser.ExecuteAsync(
        $$"""
        INSERT INTO sync_jobs (tenant_id, id, source_id, source_type, mode, sync_type, status, record_count, error_count, extracted, refined, exported, bytes, config, created_at, completed_at, created_by, correlation_id,
            language, timeout_seconds, running_ms, fence, checkpoint, attempts, fruitless_attempts, fruitful_attempts, furthest)
        SELECT '{{Tenant}}', j.id, 's', 'read', 'async', 'full', 'queued', {{rows / Jobs}}, 0, 0, 0, 0, 0, '{}', now() - interval '1 minute', NULL, '', '', 'en-US', 300, 0, 1, '{}', 1, 0, 0, 0
        FROM (SELECT public.uuid7_floor(now() - i * interval '1 second') AS id FROM generate_series(1, {{Jobs}}) i) j;
        UPDATE sync_jobs SET status = 'cancelled', completed_at = now() - interval '1 minute' WHERE tenant_id = '{{Tenant}}';
        INSERT INTO sync_data (tenant_id, job_id, seq, id, source_id, raw_data)
        SELECT j.tenant_id, j.id, s, gen_random_uuid(), 's', json_build_object('id', s, 'email', CASE WHEN s < 100 THEN 'subject-' || lpad(s::text, 4, '0') || '@people.example' ELSE 'somebody-' || s || '@people.example' END,
            'name', 'Name ' || s, 'address', md5(s::text) || ' ' || md5((s + 1)::text), 'note', repeat('Lorem ipsum dolor sit amet, 好 ', 5), 'amount', s * 1.05, 'tags', json_build_array('a', 'b', s))
        FROM sync_jobs j, generate_series(0, {{rows / Jobs}} - 1) s WHERE j.tenant_id = '{{Tenant}}';
        """,
        ct);
}
