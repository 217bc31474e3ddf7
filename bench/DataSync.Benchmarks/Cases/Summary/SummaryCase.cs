using System.Diagnostics;
using DataSync.Benchmarks.Measuring;
using DataSync.Benchmarks.Ours;
using DataSync.Benchmarks.Running;
using DataSync.Benchmarks.Server;
using DataSync.Jobs.Metrics;
using Npgsql;
using NpgsqlTypes;

namespace DataSync.Benchmarks.Cases.Summary;

/// <summary>How long a tenant waits for what its syncs came to, with many jobs of many tenants stored.</summary>
internal sealed class SummaryCase : BenchmarkCase
{
    private const string Ours = "GET /api/metrics/summary over 30 days, tenants in turn";
    private const string P95 = "p95_s";
    private const string Scans = "scans";
    private const int Tenants = 1000;
    private const int Calls = 200;

    public override string Name => "summary";

    public override string Title => "a tenant's summary over 30 days with 1,000,000 jobs of 1,000 tenants stored, over HTTP";

    /// <summary>Jobs stored.</summary>
    public override long Rows => 1_000_000;

    public override async Task<CasePlan> PrepareAsync(BenchContext context, CancellationToken ct)
    {
        var source = await context.Server.CreateDatabaseAsync("source", ct);
        var reader = await context.Server.CreateReaderAsync(source, ct);
        var system = await StartedSystem.StartAsync(context, reader, ct);
        Console.WriteLine($"  making {context.Rows:N0} jobs");
        await StoredJobs.FillAsync(system.Database.Superuser, context.Rows, Tenants, ct);
        await PlanAsync(system.Database, ct);
        var clients = Enumerable.Range(0, Tenants).Select(i => system.ClientOf($"tenant-{i}")).ToArray();
        var next = 0;
        return new CasePlan(
            [new Contender(Ours, RunAsync)],
            [
                new Target("a summary over 30 days, p95 of each round's calls", 0.05, r => r.Median(Ours, m => m.Figures[P95])) { Unit = "s" },
                new Target("scans of the tables of jobs and their ends meanwhile", 0, r => r.Median(Ours, m => m.Figures[Scans])) { Unit = "scans" },
            ])
        {
            EndAsync = async () =>
            {
                foreach (var client in clients) client.Dispose();
                await system.DisposeAsync();
            },
        };

        async Task<Measurement> RunAsync(CancellationToken token)
        {
            var (cpu, began, scans) = (system.ApiProcess.Cpu, Stopwatch.GetTimestamp(), await ScansAsync(system.Database.Superuser, token));
            List<double> times = [];
            for (var i = 0; i < Calls; i++, next++)
            {
                var sent = Stopwatch.GetTimestamp();
                var summary = await clients[next * 7 % Tenants].GetAsync("/api/metrics/summary?window=30d", token);
                times.Add(Stopwatch.GetElapsedTime(sent).TotalSeconds);
                var (jobs, expected) = ((long)summary["jobs"]!, context.Rows / Tenants);
                if (jobs < expected * 0.9 || jobs > expected || (double)summary["success_rate"]! is < 0.8 or > 1) throw new BenchmarkException($"A summary tells {jobs} of {expected} jobs: {summary.ToJsonString()}");
            }

            times.Sort();
            return new Measurement
            {
                Wall = Stopwatch.GetElapsedTime(began) / Calls,
                ClientCpu = (system.ApiProcess.Cpu - cpu) / Calls,
                PeakBytes = system.ApiProcess.PeakBytes,
                Figures = new Dictionary<string, double>(StringComparer.Ordinal)
                {
                    [P95] = times[(int)Math.Ceiling(times.Count * 0.95) - 1],
                    [Scans] = await ScansAsync(system.Database.Superuser, token) - scans,
                },
            };
        }
    }

    /// <summary>How PostgreSQL answers it, behind the wall that the API is behind; it is to be from the index alone.</summary>
    private static async Task PlanAsync(SystemDatabase database, CancellationToken ct)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database.Roles.App) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(ct);
        await using (var tenant = new NpgsqlCommand("SELECT set_config('app.tenant_id', 'tenant-1', false)", connection)) await tenant.ExecuteNonQueryAsync(ct);
        await using var explain = new NpgsqlCommand("EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) " + SummaryStore.WindowSql, connection)
        {
            Parameters =
            {
                new NpgsqlParameter<string> { TypedValue = "tenant-1" },
                new NpgsqlParameter<TimeSpan> { TypedValue = TimeSpan.FromDays(30) },
                new NpgsqlParameter { Value = DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz },
                new NpgsqlParameter { Value = DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
            },
        };
        await using var lines = await explain.ExecuteReaderAsync(ct);
        List<string> plan = [];
        while (await lines.ReadAsync(ct)) plan.Add(lines.GetString(0));
        foreach (var line in plan) Console.WriteLine("  " + line);
        if (!plan.Exists(l => l.Contains("Index Only Scan using idx_sync_job_endings_window", StringComparison.Ordinal)) || plan.Exists(l => l.Contains("Seq Scan", StringComparison.Ordinal)))
            throw new BenchmarkException("A summary is not read from its index alone.");
    }

    private static Task<double> ScansAsync(Database database, CancellationToken ct)
        => database.ScalarAsync<double>("SELECT coalesce(sum(seq_scan), 0)::double precision FROM pg_stat_user_tables WHERE relname IN ('sync_jobs', 'sync_job_endings')", ct);
}
