using System.Diagnostics;
using DataSync.Alerts.Evaluation;
using DataSync.Benchmarks.Cases.Summary;
using DataSync.Benchmarks.Measuring;
using DataSync.Benchmarks.Ours;
using DataSync.Benchmarks.Running;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace DataSync.Benchmarks.Cases.Alerts;

/// <summary>What looking for alerts of a thousand tenants costs, and how soon a breach is seen.</summary>
internal sealed class AlertsCase : BenchmarkCase
{
    private const string Looking = "a look at every condition of every tenant";
    private const string Firing = "a breach, from the failed job's commit to the open alert";
    private const int Tenants = 1000;
    private const int Looks = 20;
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public override string Name => "alerts";

    public override string Title => "looking for alerts of 1,000 tenants with 1,000,000 jobs, 3,000 schedules, 3,000 slots and 100,000 deliveries stored, a worker running";

    /// <summary>Jobs stored.</summary>
    public override long Rows => 1_000_000;

    public override async Task<CasePlan> PrepareAsync(BenchContext context, CancellationToken ct)
    {
        var source = await context.Server.CreateDatabaseAsync("source", ct);
        var reader = await context.Server.CreateReaderAsync(source, ct);
        var system = await StartedSystem.StartAsync(context, reader, ct);
        Console.WriteLine($"  making {context.Rows:N0} jobs");
        await StoredJobs.FillAsync(system.Database.Superuser, context.Rows, Tenants, ct);
        await WatchedTenants.FillAsync(system.Database.Superuser, Tenants, ct);
        var inside = WorkersInside(system.Database);
        var turn = inside.Services.GetRequiredService<AlertTurn>();
        return new CasePlan(
            [new Contender(Looking, LookAsync), new Contender(Firing, FireAsync)],
            [
                new Target("share of a core that looking every fifteen seconds takes, both sides", 0.01, Share) { Unit = "cores" },
                new Target("from a breach to its alert, the longest", 30, r => r.Of(Firing) is { Count: > 0 } runs ? runs.Max(m => m.Wall.TotalSeconds) : null) { Unit = "s" },
            ])
        {
            EndAsync = async () =>
            {
                await ((IAsyncDisposable)inside).DisposeAsync();
                await system.DisposeAsync();
            },
        };

        async Task<Measurement> LookAsync(CancellationToken token)
        {
            var (server, own, began) = (await context.Server.Cpu.ReadAsync(token), Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());
            for (var i = 0; i < Looks;)
            {
                if (await turn.TakeAsync(TimeSpan.Zero, token) is not null) i++;
            }

            var wall = Stopwatch.GetElapsedTime(began) / Looks;
            return new Measurement { Wall = wall, ClientCpu = (Environment.CpuUsage.TotalTime - own) / Looks, ServerCpu = await context.Server.Cpu.SinceAsync(server, token) / Looks };
        }

        async Task<Measurement> FireAsync(CancellationToken token)
        {
            var tenant = $"breach-{Guid.NewGuid():n}";
            await system.Database.Superuser.ExecuteAsync(
                $"""
                SET session_replication_role = replica;
                INSERT INTO sync_job_endings (tenant_id, job_id, source_id, status, ended_at, duration_ms, running_ms, records, rejected, bytes, llm_cost_micros, error_key)
                VALUES ('{tenant}', gen_random_uuid(), 's', 'failed', now(), 1, 1, 0, 0, 0, 0, 'errors.connection.refused')
                """, token);
            var began = Stopwatch.GetTimestamp();
            while (await system.Database.Superuser.ScalarAsync<long>($"SELECT count(*) FROM alerts WHERE tenant_id = '{tenant}' AND over_at IS NULL", token) == 0)
            {
                if (Stopwatch.GetElapsedTime(began) > Limit) throw new BenchmarkException("A breach made no alert.");
                await Task.Delay(50, token);
            }

            return new Measurement { Wall = Stopwatch.GetElapsedTime(began), ClientCpu = TimeSpan.Zero, PeakBytes = system.Worker.PeakBytes };
        }
    }

    /// <summary>What a worker looks with, every condition that there is among it; never started, so that it looks when it is told to.</summary>
    private static IHost WorkersInside(SystemDatabase database)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(database.Settings.Select(s => KeyValuePair.Create(s.Key, (string?)s.Value)));
        builder.Configuration.AddInMemoryCollection([new("AI_ENHANCEMENT_TENANT_TOKENS", "1000000"), new("AI_ENHANCEMENT_TENANT_DAY_TOKENS", "100000")]);
        builder.Services.AddDataSync(builder.Configuration, DataSyncRole.Worker);
        return builder.Build();
    }

    private static double? Share(CaseResults results)
        => results.Median(Looking, m => m.ServerCpu is { } server ? (m.ClientCpu + server).TotalSeconds / Pace.TotalSeconds : null);
}
