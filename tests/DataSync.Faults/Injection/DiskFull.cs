using DataSync.Faults.Running;

namespace DataSync.Faults.Injection;

/// <summary>
/// The volume of the exports is full. A job tries again for a while; where room comes back in time it completes by itself, else it is parked as failed with
/// the reason, and completes when it is retried. No half file stays.
/// </summary>
internal sealed class DiskFull : Fault
{
    private const string Refused = "errors.export.disk_full";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public override string Name => "export disk full";

    public override int Times => 10;

    /// <summary>Few attempts, so that some jobs are parked before the room is back.</summary>
    public override IReadOnlyDictionary<string, string> WorkerSettings { get; } = new Dictionary<string, string>(StringComparer.Ordinal) { ["DATASYNC_MAX_FRUITLESS_ATTEMPTS"] = "3" };

    public override bool MayFailJobs => true;

    public override string? Impossible(FaultSystem system) => system.Volume.CanFill ? null : "no file system can be mounted here: run it as root";

    public override async Task<bool> StrikeAsync(FaultContext context, CancellationToken ct)
    {
        var system = context.System;
        await context.HolderAsync(ct);
        await system.Volume.FillAsync(context.Random.Next(0, 200_000), ct);
        var before = await RefusedAsync(system, ct);
        await context.StartJobAsync(ct);
        var hit = await Patience.WaitAsync(async () => await RefusedAsync(system, ct) != before, Limit, ct);
        await context.SomeTimeAsync(5000, ct);
        await system.Volume.EmptyAsync(ct);
        return hit;
    }

    /// <summary>Jobs that met the full disk, and in which attempt.</summary>
    private static async Task<string> RefusedAsync(FaultSystem system, CancellationToken ct) => string.Join(',', await system.Database.ReadAsync(
        $"SELECT id || ':' || attempts FROM sync_jobs WHERE interruption LIKE '%{Refused}%' OR error_details::text LIKE '%{Refused}%' ORDER BY 1", ct));
}
