using DataSync.Faults.Books;
using DataSync.Faults.Injection;
using DataSync.Faults.Running;

namespace DataSync.Faults;

/// <summary>
/// Strikes a system again and again while it works, in waves. After each wave all that was acknowledged has to end, and the books are compared: what the
/// source held against what was exported, and what may not stay behind.
/// </summary>
internal sealed class Campaign(FaultSystem system, SourceLedger source, Action<string> report)
{
    private const int StrikesInAWave = 10, JobsAtOnce = 3;
    private static readonly TimeSpan EndLimit = TimeSpan.FromMinutes(3);
    private readonly Dictionary<Guid, JobShape> _acknowledged = [];
    private readonly HashSet<Guid> _before = [];
    private ShapeDeck _shapes = new(0);

    public async Task<CampaignResult> RunAsync(Fault fault, int times, int seed, CancellationToken ct)
    {
        if (fault.Impossible(system) is { } reason) return new CampaignResult(fault.Name, times, seed) { NotRun = reason };
        var began = TimeProvider.System.GetTimestamp();
        var random = new Random(seed);
        _shapes = new ShapeDeck(seed + fault.Times);
        var context = new FaultContext(system, random, StartJobAsync);
        var result = new CampaignResult(fault.Name, times, seed);
        var repeated = system.Client.Repeated;
        await system.SetWorkersAsync(fault.WorkerSettings, ct);
        try
        {
            await StrikeAsync(fault, context, result, ct);
        }
        catch (FaultException e)
        {
            result.Differences.Add(new("stopped", e.Message));
        }

        result.Repeated = system.Client.Repeated - repeated;
        result.Took = TimeProvider.System.GetElapsedTime(began);
        return result;
    }

    private async Task StrikeAsync(Fault fault, FaultContext context, CampaignResult result, CancellationToken ct)
    {
        while (result.Struck < result.Times)
        {
            _acknowledged.Clear();
            for (var strike = 0; strike < StrikesInAWave && result.Struck < result.Times; strike++, result.Struck++)
            {
                for (var running = await system.UnfinishedAsync(ct); running < JobsAtOnce; running++) await StartJobAsync(ct);
                if (await fault.StrikeAsync(context, ct)) result.Hit++;
            }

            await EndWaveAsync(fault, result, ct);
            await source.ChangeAsync(context.Random, ct);
            report($"{fault.Name}: {result.Struck} of {result.Times}, {result.Jobs} jobs, {result.Differences.Count} differences");
        }
    }

    private async Task StartJobAsync(CancellationToken ct)
    {
        var shape = _shapes.Next();
        _acknowledged.Add(await system.Client.StartAsync(shape.Start(), ct), shape);
    }

    private async Task EndWaveAsync(Fault fault, CampaignResult result, CancellationToken ct)
    {
        await Patience.WaitAsync(() => HaveEndedAsync(fault, result, ct), EndLimit, ct);
        var states = (await system.Database.ReadAsync("SELECT id || ' ' || status || ' ' || attempts || ' ' || coalesce(error_details::text, '') FROM sync_jobs", ct))
            .Select(row => row.Split(' ', 4)).ToDictionary(row => Guid.Parse(row[0]), row => (Status: row[1], Attempts: int.Parse(row[2], System.Globalization.CultureInfo.InvariantCulture), Error: row[3]));
        Dictionary<Guid, IReadOnlySet<string>> exports = [];
        foreach (var (job, shape) in _acknowledged)
        {
            var (status, attempts, error) = states.GetValueOrDefault(job, ("lost", 0, ""));
            result.Attempts += attempts;
            result.Shapes[shape.ToString()] = result.Shapes.GetValueOrDefault(shape.ToString()) + 1;
            if (status != "completed")
            {
                result.Differences.Add(new(status, $"job {job} ({shape}) {error}"));
                continue;
            }

            var (differences, files) = await ExportAudit.CompareAsync(system.Client, job, shape, source.Rows, ct);
            exports[job] = files;
            result.Differences.AddRange(differences);
            result.Differences.AddRange(await StoredAudit.CompareAsync(system, job, shape, source.Rows, ct));
            result.Rows += (long)source.Rows.Count * shape.Formats.Count;
        }

        // A Start that was sent again must not have made a second job.
        result.Differences.AddRange(states.Keys.Where(job => !_acknowledged.ContainsKey(job) && !_before.Contains(job)).Select(job => new Difference("never acknowledged", $"job {job}")));
        result.Differences.AddRange(await ResidueAudit.FindAsync(system, exports, ct));
        result.Jobs += _acknowledged.Count;
        _before.UnionWith(states.Keys);

        // What was compared is not needed again, and the volume is small.
        foreach (var folder in Directory.EnumerateDirectories(Path.Combine(system.Volume.Root, FaultSystem.Tenant))) Directory.Delete(folder, recursive: true);
    }

    private async Task<bool> HaveEndedAsync(Fault fault, CampaignResult result, CancellationToken ct)
    {
        if (!fault.MayFailJobs) return await system.UnfinishedAsync(ct) == 0;
        foreach (var failed in await system.Database.ReadAsync("SELECT id FROM sync_jobs WHERE status = 'failed'", ct))
        {
            if (!_acknowledged.ContainsKey(Guid.Parse(failed))) continue;
            await system.Client.RetryAsync(Guid.Parse(failed), ct);
            result.Retried++;
        }

        return await system.UnfinishedAsync(ct) == 0;
    }
}
