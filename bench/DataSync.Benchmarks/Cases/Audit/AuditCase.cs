using System.Diagnostics;
using DataSync.Benchmarks.Measuring;
using DataSync.Benchmarks.Ours;
using DataSync.Benchmarks.Running;

namespace DataSync.Benchmarks.Cases.Audit;

/// <summary>What the audit log costs: the same work of two systems of one build, of which one keeps no log.</summary>
internal sealed class AuditCase : BenchmarkCase
{
    private const string RunWith = "whole jobs one after another, with the audit log";
    private const string RunWithout = "the same, without it";
    private const string ReadWith = "pages of records, eight readers at once, with the audit log";
    private const string ReadWithout = "the same pages, without it";
    private const int Jobs = 20;
    private const int Readers = 8;
    private const int Pages = 50;

    public override string Name => "audit";

    public override string Title => "CPU time of both sides of jobs, and of reading what they stored, with and without the audit log";

    /// <summary>A job's records: few, so that what is there once a job weighs most.</summary>
    public override long Rows => 2_000;

    public override async Task<CasePlan> PrepareAsync(BenchContext context, CancellationToken ct)
    {
        var source = await context.SourceAsync(ct);
        var reader = await context.Server.CreateReaderAsync(source, ct);
        var with = await StartAsync(audited: true);
        var without = await StartAsync(audited: false);
        await without.Database.Superuser.ExecuteAsync("ALTER TABLE sync_jobs DISABLE TRIGGER audit_end; ALTER TABLE sync_jobs DISABLE TRIGGER audit_start", ct);
        return new CasePlan(
            [Run(RunWith, with), Run(RunWithout, without), Read(ReadWith, with), Read(ReadWithout, without)],
            [
                new Target("a job, CPU time of both sides", 1.10, r => r.Cpu(RunWith) / r.Cpu(RunWithout)),
                new Target("a page of 100 records, CPU time of both sides", 1.10, r => r.Cpu(ReadWith) / r.Cpu(ReadWithout)),
            ])
        {
            EndAsync = async () =>
            {
                await with.DisposeAsync();
                await without.DisposeAsync();
            },
        };

        async Task<StartedSystem> StartAsync(bool audited)
        {
            var settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["DATASYNC_RATE_LIMIT_PER_SECOND"] = "100000", ["DATASYNC_RATE_LIMIT_BURST"] = "100000" };
            var system = await StartedSystem.StartAsync(context, reader, settings, audited ? "audited" : "unaudited", MeasuredHost.Arguments(audited ? MeasuredHost.Lacks.Nothing : MeasuredHost.Lacks.Audit), ct);
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
                    await ExpectAsync(system, "job.end", Jobs, token);
                },
            };
        }

        Contender Read(string name, StartedSystem system) => new(name, async token =>
        {
            var job = await system.Database.Superuser.ScalarAsync<string>("SELECT job_id::text FROM sync_data LIMIT 1", token);
            var (server, cpu, began) = (await context.Server.Cpu.ReadAsync(token), system.Cpu, Stopwatch.GetTimestamp());
            await Task.WhenAll(Enumerable.Range(0, Readers).Select(async _ =>
            {
                for (var i = 0; i < Pages; i++)
                {
                    var page = await system.Client.GetAsync($"/api/sync/jobs/{job}/records?page_size=100", token);
                    if (page["items"]!.AsArray().Count != 100) throw new BenchmarkException("A page has not its records.");
                }
            }));
            return new Measurement { Wall = Stopwatch.GetElapsedTime(began), ClientCpu = system.Cpu - cpu, ServerCpu = await context.Server.Cpu.SinceAsync(server, token) };
        })
        {
            CheckAsync = token => ExpectAsync(system, "records.read", Readers * Pages, token),
        };

        // An audit log that was not kept would cost nothing; one that was kept where it should not be would make the other look cheap.
        async Task ExpectAsync(StartedSystem system, string action, int entries, CancellationToken token)
        {
            var found = await system.Database.Superuser.ScalarAsync<long>($"SELECT (SELECT count(*) FROM audit_log WHERE action = '{action}') + (SELECT count(*) FROM audit_pending WHERE action = '{action}')", token);
            if (system == without ? found != 0 : found == 0 || found % entries != 0) throw new BenchmarkException($"{found} entries {action} are in the audit log.");
        }
    }
}
