using DataSync.Benchmarks.Data;
using DataSync.Benchmarks.Ours;
using DataSync.Benchmarks.Running;

namespace DataSync.Benchmarks.Cases.Job;

/// <summary>What a whole job costs beside the same way by PostgreSQL's own means, and whether memory stays flat.</summary>
internal sealed class JobCase : BenchmarkCase
{
    private const string Ours = "DataSync, from POST to completed";
    private const string Large = "DataSync, five times the rows, fresh worker";
    private const int LargeFactor = 5;

    public override string Name => "job";

    public override string Title => "extract → store → two rules → JSONL and CSV, beside psql COPY out | COPY in, COPY back twice";

    public override async Task<CasePlan> PrepareAsync(BenchContext context, CancellationToken ct)
    {
        var source = await context.SourceAsync(ct);
        var reader = await context.Server.CreateReaderAsync(source, ct);
        var system = await StartedSystem.StartAsync(context, reader, ct);
        await system.Database.MakePlainTableAsync(ct);
        await WholeJob.RegisterAsync(system, reader, ct);
        var job = new WholeJob(context, system);
        var large = new Contender(Large, job.RunAsync)
        {
            RowFactor = LargeFactor,
            Missing = context.SkipLarge ? "--skip-large was given" : null,
            BeforeAsync = async token =>
            {
                await system.Database.Superuser.ExecuteAsync("TRUNCATE plain", token);
                await job.ResetAsync(token);
                await OrdersGenerator.FillAsync(source, context.Rows * LargeFactor, token);
                await system.RestartWorkerAsync();
            },
            CheckAsync = token => job.CheckAsync(context.Rows * LargeFactor, token),
        };
        return new CasePlan(
            [
                JobLimit.Create(context, source, system.Database.Superuser),
                new Contender(Ours, job.RunAsync) { BeforeAsync = job.ResetAsync, CheckAsync = token => job.CheckAsync(context.Rows, token) },
            ],
            [
                new Target("whole job, wall time beside the limit", 1.5, r => r.WallRatio(Ours, JobLimit.Name)),
                new Target("worker's peak memory", 256, r => r.PeakMegabytes(Ours)) { Unit = "MB" },
                new Target("worker's peak memory at five times the rows", 1.1, r => r.PeakMegabytes(Large) / r.PeakMegabytes(Ours)),
            ])
        {
            Afterwards = [large],
            EndAsync = system.DisposeAsync,
        };
    }
}
