namespace DataSync.Faults.Injection;

/// <summary>PostgreSQL is stopped as by a crash, in the middle of jobs, and comes back after a while.</summary>
internal sealed class StopDatabase : Fault
{
    public override string Name => "PostgreSQL stop -m immediate";

    public override int Times => 20;

    public override async Task<bool> StrikeAsync(FaultContext context, CancellationToken ct)
    {
        var system = context.System;
        await context.HolderAsync(ct);
        await context.SomeTimeAsync(1000, ct);
        var hit = (await system.HoldersAsync(ct)).Count > 0;

        // A caller is at the door just then, and gets its acknowledgement sooner or later.
        var starting = context.StartJobAsync(ct);
        await context.SomeTimeAsync(30, ct);
        await system.Database.CrashAsync(ct);
        await context.SomeTimeAsync(1500, ct);
        await system.Database.StartAgainAsync(ct);
        await starting;
        return hit;
    }
}
