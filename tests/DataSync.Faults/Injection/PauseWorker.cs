using DataSync.Faults.Running;

namespace DataSync.Faults.Injection;

/// <summary>SIGSTOP of a worker for twice the lease, in the middle of a job. Another takes the job over; the old one wakes, is fenced off and writes nothing.</summary>
internal sealed class PauseWorker : Fault
{
    private const string Fenced = "\"Id\":1314";

    public override string Name => "SIGSTOP of a worker for twice the lease";

    public override int Times => 20;

    public override async Task<bool> StrikeAsync(FaultContext context, CancellationToken ct)
    {
        var system = context.System;
        var name = await system.HolderAsync(context.Random, ct);
        await context.SomeTimeAsync(500, ct);
        var worker = system.Worker(name);
        await worker.PauseAsync(ct);
        var held = (await system.HoldersAsync(ct)).Contains(name, StringComparer.Ordinal);
        var before = Count(worker.Log);
        await Task.Delay(system.Options.Lease * 2, TimeProvider.System, ct);
        await worker.ContinueAsync(ct);

        // A job that was only to be ended may have been ended by this worker itself.
        return held && await Patience.WaitAsync(() => Task.FromResult(Count(worker.Log) > before), TimeSpan.FromSeconds(5), ct);
    }

    private static int Count(string log) => log.Split(Fenced).Length;
}
