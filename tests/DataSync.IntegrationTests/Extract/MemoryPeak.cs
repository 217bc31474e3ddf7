using System.Diagnostics;

namespace DataSync.IntegrationTests.Extract;

/// <summary>The most memory that is in use while something runs, which what is left at its end does not tell. The whole process is looked at, so nothing may run beside.</summary>
internal static class MemoryPeak
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(50), Patience = TimeSpan.FromMinutes(3);

    /// <summary>Memory in use before anything begins, to compare with.</summary>
    public static long Before() => GC.GetTotalMemory(forceFullCollection: true);

    /// <summary>Looks at the memory, what nobody holds any more included, until <paramref name="trial"/> has ended; the most above what was before.</summary>
    public static async Task<long> DuringAsync(Task trial, long before, CancellationToken ct)
    {
        var clock = Stopwatch.StartNew();
        long most = 0;
        while (await Task.WhenAny(trial, Task.Delay(Pace, ct)) != trial)
        {
            most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: false) - before);
            Assert.True(clock.Elapsed < Patience, "It never ends.");
        }

        return most;
    }
}
