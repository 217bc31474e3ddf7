using DataSync.Benchmarks.Cases.Webhooks;
using DataSync.Benchmarks.Measuring;
using DataSync.Benchmarks.Ours;
using DataSync.Benchmarks.Running;

namespace DataSync.Benchmarks.Cases.Witnesses;

/// <summary>What the audit log, metrics and traces cost together: the same work of systems of one build, of which some keep no log, count nothing and send no traces.</summary>
internal sealed class WitnessesCase : BenchmarkCase
{
    private const string RunWith = "whole jobs one after another, with audit log, metrics and traces";
    private const string RunWithout = "the same, without any of them";
    private const string AckWith = "deliveries answered 202, with audit log, metrics and traces";
    private const string AckWithout = "the same deliveries, without any of them";
    private const int Jobs = 20, Connections = 64;
    private static readonly TimeSpan Sending = TimeSpan.FromSeconds(6), WarmUp = TimeSpan.FromSeconds(25);

    public override string Name => "witnesses";

    public override string Title => "CPU time of both sides of jobs and of deliveries, with and without audit log, metrics and traces together";

    /// <summary>A job's records: few, so that what is there once a job weighs most.</summary>
    public override long Rows => 2_000;

    public override int Rounds => 7;

    public override async Task<CasePlan> PrepareAsync(BenchContext context, CancellationToken ct)
    {
        var collector = await Collector.StartAsync(ct);
        var source = await context.SourceAsync(ct);
        var reader = await context.Server.CreateReaderAsync(source, ct);
        List<StartedSystem> systems = [];
        var (runWith, runWithout) = (await StartAsync("run-with"), await StartAsync("run-without"));
        var (ackWith, ackWithout) = (await StartAsync("ack-with"), await StartAsync("ack-without"));
        foreach (var system in (StartedSystem[])[ackWith, ackWithout]) await system.StopWorkerAsync();
        return new CasePlan(
            [Run(RunWith, runWith), Run(RunWithout, runWithout), await AckAsync(AckWith, ackWith), await AckAsync(AckWithout, ackWithout)],
            [
                new Target("a job, CPU time of both sides", 1.10, r => r.Cpu(RunWith) / r.Cpu(RunWithout)),
                new Target("a delivery, CPU time of both sides", 1.10, r => r.Cpu(AckWith) / r.Cpu(AckWithout)),
            ])
        {
            EndAsync = async () =>
            {
                foreach (var system in systems) await system.DisposeAsync();
                await collector.DisposeAsync();
            },
        };

        async Task<StartedSystem> StartAsync(string name)
        {
            var isWatched = name.EndsWith("-with", StringComparison.Ordinal);
            var settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["DATASYNC_RATE_LIMIT_PER_SECOND"] = "100000", ["DATASYNC_RATE_LIMIT_BURST"] = "100000" };
            if (isWatched)
            {
                settings["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Address;
                settings["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf";
            }

            var system = await StartedSystem.StartAsync(context, reader, settings, name, MeasuredHost.Arguments(isWatched ? MeasuredHost.Lacks.Nothing : MeasuredHost.Lacks.Witnesses), ct);
            systems.Add(system);
            if (!isWatched) await system.Database.Superuser.ExecuteAsync("ALTER TABLE sync_jobs DISABLE TRIGGER audit_end; ALTER TABLE sync_jobs DISABLE TRIGGER audit_start", ct);
            await WholeJob.RegisterAsync(system, reader, ct);
            return system;
        }

        Contender Run(string name, StartedSystem system)
        {
            var jobs = new SeveralJobs(context, system, Jobs);
            return new Contender(name, jobs.RunAsync)
            {
                BeforeAsync = jobs.ResetAsync,
                CheckAsync = async token =>
                {
                    await jobs.CheckAsync(token);
                    var kept = await system.Database.Superuser.ScalarAsync<bool>("SELECT EXISTS (SELECT FROM audit_log WHERE action = 'job.end') OR EXISTS (SELECT FROM audit_pending WHERE action = 'job.end')", token);
                    if (kept != (system == runWith) || !collector.HasBoth) throw new BenchmarkException("What is to be measured was not kept, or sent.");
                },
            };
        }

        async Task<Contender> AckAsync(string name, StartedSystem system)
        {
            var load = await Delivery.ToAsync(system, StoreProgram.Tenant, ct);
            await load.RunAsync(Connections, WarmUp, ct); // before that, it is the compiler that is measured
            return new Contender(name, async token =>
            {
                var (server, cpu) = (await context.Server.Cpu.ReadAsync(token), system.ApiProcess.Cpu);
                var result = await load.RunAsync(Connections, Sending, token);
                if (result.Accepted == 0) throw new BenchmarkException("No delivery was accepted.");
                return new Measurement
                {
                    Wall = result.Wall / result.Accepted,
                    ClientCpu = (system.ApiProcess.Cpu - cpu) / result.Accepted,
                    ServerCpu = await context.Server.Cpu.SinceAsync(server, token) / result.Accepted,
                };
            })
            {
                BeforeAsync = token => system.Database.Superuser.ExecuteAsync("TRUNCATE webhook_deliveries; CHECKPOINT", token),
            };
        }
    }
}
