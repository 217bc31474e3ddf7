namespace DataSync.Faults.Injection;

/// <summary>kill -9 of a worker in the middle of a job. Another takes its place, the job goes on from its checkpoint.</summary>
internal sealed class KillWorker : Fault
{
    public override string Name => "kill -9 of a worker";

    public override int Times => 100;

    public override async Task<bool> StrikeAsync(FaultContext context, CancellationToken ct)
    {
        var worker = await context.HolderAsync(ct);
        await context.SomeTimeAsync(700, ct);
        var hit = (await context.System.HoldersAsync(ct)).Contains(worker, StringComparer.Ordinal);
        await context.System.KillAsync(worker, ct);
        return hit;
    }
}
