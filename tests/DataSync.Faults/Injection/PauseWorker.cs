namespace DataSync.Faults.Injection;

/// <summary>SIGSTOP of a worker for twice the lease, in the middle of a job. Another takes the job over; the old one wakes, is fenced off and writes nothing.</summary>
internal sealed class PauseWorker : Fault
{
    public override string Name => "SIGSTOP of a worker for twice the lease";

    public override int Times => 20;

    public override async Task<bool> StrikeAsync(FaultContext context, CancellationToken ct)
    {
        var system = context.System;
        var name = await context.HolderAsync(ct);
        await context.SomeTimeAsync(500, ct);
        var worker = system.Worker(name);
        await worker.PauseAsync(ct);
        var held = await system.HeldAsync(name, ct);
        await Task.Delay(system.Options.Lease * 2, TimeProvider.System, ct);

        // Taken over while the old worker was still to wake: each of its jobs is under a newer fence, or has ended under one.
        var stillHeld = await system.Database.ReadAsync("SELECT id || ' ' || fence FROM sync_jobs", ct);
        await worker.ContinueAsync(ct);
        return held.Count > 0 && !held.Exists(stillHeld.Contains);
    }
}
