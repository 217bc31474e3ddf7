using DataSync.Benchmarks.Measuring;
using DataSync.Benchmarks.Running;

namespace DataSync.Benchmarks.Ours;

/// <summary>Whole jobs one after another, as one measurement.</summary>
internal sealed class SeveralJobs(BenchContext context, StartedSystem system, int count)
{
    private readonly WholeJob _job = new(context, system);

    public Task ResetAsync(CancellationToken ct) => _job.ResetAsync(ct);

    public async Task<Measurement> RunAsync(CancellationToken ct)
    {
        List<Measurement> runs = [];
        for (var i = 0; i < count; i++) runs.Add(await _job.RunAsync(ct));
        return new Measurement { Wall = Sum(r => r.Wall), ClientCpu = Sum(r => r.ClientCpu), ServerCpu = runs.TrueForAll(r => r.ServerCpu is not null) ? Sum(r => r.ServerCpu!.Value) : null };

        TimeSpan Sum(Func<Measurement, TimeSpan> of) => new(runs.Sum(r => of(r).Ticks));
    }

    /// <summary>Throws unless the last one's files hold every record.</summary>
    public Task CheckAsync(CancellationToken ct) => _job.CheckAsync(context.Rows, ct);
}
