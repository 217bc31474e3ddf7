using System.Diagnostics;
using System.Text.Json.Nodes;
using DataSync.Benchmarks.Measuring;
using DataSync.Benchmarks.Ours;
using DataSync.Benchmarks.Running;

namespace DataSync.Benchmarks.Cases.Queue;

/// <summary>Whether a long queue slows those who add to it.</summary>
internal sealed class QueueCase : BenchmarkCase
{
    private const string Empty = "limit: POST with nothing queued";
    private const string Full = "POST behind the queued jobs of its own tenant";
    private const int Calls = 100;

    public override string Name => "queue";

    public override string Title => "POST /api/sync/start with an empty queue and behind 10,000 queued jobs, no worker running";

    /// <summary>Jobs in the queue.</summary>
    public override long Rows => 10_000;

    public override async Task<CasePlan> PrepareAsync(BenchContext context, CancellationToken ct)
    {
        var source = await context.Server.CreateDatabaseAsync("source", ct);
        var reader = await context.Server.CreateReaderAsync(source, ct);
        var settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["DATASYNC_MAX_QUEUED_JOBS_PER_TENANT"] = "1000000",
            ["DATASYNC_RATE_LIMIT_PER_SECOND"] = "100000",
            ["DATASYNC_RATE_LIMIT_BURST"] = "100000",
        };
        var system = await StartedSystem.StartAsync(context, reader, settings, ct);
        await system.StopWorkerAsync();
        var clients = new[] { "empty", "full" }.ToDictionary(tenant => tenant, system.ClientOf, StringComparer.Ordinal);
        foreach (var client in clients.Values) await client.RegisterAsync("orders", SourceParameters.Of(reader), new JsonObject { ["table"] = "orders" }, ct);
        var end = async () =>
        {
            foreach (var client in clients.Values) client.Dispose();
            await system.DisposeAsync();
        };
        return new CasePlan(
            [
                new Contender(Empty, token => PostAsync(system, clients["empty"], token)) { BeforeAsync = token => system.Database.Superuser.ExecuteAsync("UPDATE sync_jobs SET status = 'cancelled', completed_at = now() WHERE tenant_id = 'empty' AND status = 'queued'", token) },
                new Contender(Full, token => PostAsync(system, clients["full"], token)) { BeforeAsync = token => FillAsync(system, clients["full"], context.Rows, token) },
            ],
            [new Target("a POST behind the queue beside one without, median of each round's mean", 1.2, r => r.WallRatio(Full, Empty))])
        {
            EndAsync = async () => await end(),
        };
    }

    /// <summary>Copies of a queued job until there are as many as asked for.</summary>
    private static async Task FillAsync(StartedSystem system, Api client, long jobs, CancellationToken ct)
    {
        var pattern = await client.StartAsync(Start(), ct);
        await system.Database.Superuser.ExecuteAsync(
            $"""
            CREATE TEMP TABLE pattern AS SELECT * FROM sync_jobs WHERE id = '{pattern}';
            DO $$ BEGIN
                FOR i IN 1 .. {jobs} - (SELECT queued FROM tenant_queues WHERE tenant_id = 'full') LOOP
                    UPDATE pattern SET id = (lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7000b' || lpad(to_hex(i), 15, '0'))::uuid;
                    INSERT INTO sync_jobs SELECT * FROM pattern;
                END LOOP;
            END $$;
            """,
            ct);
        if (await system.Database.Superuser.ScalarAsync<long>("SELECT queued::bigint FROM tenant_queues WHERE tenant_id = 'full'", ct) < jobs) throw new BenchmarkException("The queue is not full.");
    }

    private static async Task<Measurement> PostAsync(StartedSystem system, Api client, CancellationToken ct)
    {
        var cpu = system.ApiProcess.Cpu;
        var began = Stopwatch.GetTimestamp();
        for (var i = 0; i < Calls; i++) await client.StartAsync(Start(), ct);
        return new Measurement { Wall = Stopwatch.GetElapsedTime(began) / Calls, ClientCpu = (system.ApiProcess.Cpu - cpu) / Calls, PeakBytes = system.ApiProcess.PeakBytes };
    }

    private static JsonObject Start() => new() { ["source_id"] = "orders", ["mode"] = "async", ["output_format"] = "jsonl" };
}
