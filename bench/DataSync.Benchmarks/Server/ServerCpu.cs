using DataSync.Benchmarks.Measuring;

namespace DataSync.Benchmarks.Server;

/// <summary>
/// CPU time of the server's backends: those that ended (the postmaster's account of its children) and those that live. The server's own
/// housekeeping processes are left out. Needs the server on this machine.
/// </summary>
internal sealed class ServerCpu(int? postmaster)
{
    // A backend that was just left needs a moment to end.
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(200);

    private static readonly string[] Housekeeping =
        ["checkpointer", "background writer", "walwriter", "autovacuum launcher", "logical replication launcher", "stats collector", "io worker", "startup", "archiver"];

    /// <summary>False where the server runs elsewhere or its processes are not to be seen.</summary>
    public bool IsVisible => postmaster is not null;

    public async Task<TimeSpan?> ReadAsync(CancellationToken ct)
    {
        await Task.Delay(Settling, ct);
        if (postmaster is not { } pid) return null;

        // The living first: one that ends in between is then counted once, as it was.
        var living = ProcessFiles.Children(pid).Where(IsBackend).Aggregate(TimeSpan.Zero, (sum, child) => sum + ProcessFiles.OwnCpu(child));
        return living + ProcessFiles.EndedChildrenCpu(pid);
    }

    public async Task<TimeSpan?> SinceAsync(TimeSpan? before, CancellationToken ct) => await ReadAsync(ct) - before;

    private static bool IsBackend(int pid)
    {
        var title = ProcessFiles.CommandLine(pid);
        return !Array.Exists(Housekeeping, name => title.Contains(name, StringComparison.Ordinal));
    }
}
