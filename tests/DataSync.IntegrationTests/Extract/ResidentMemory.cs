using System.Globalization;
using System.Runtime.InteropServices;

namespace DataSync.IntegrationTests.Extract;

/// <summary>What the process holds in memory that is not the runtime's: a driver's native code may hold a result that no collector sees.</summary>
internal static class ResidentMemory
{
    /// <summary>
    /// <see cref="Native"/> as a beginning to compare with: the collector tells what it had committed when it last ran, and where that is long ago it has given much of it back since, which would show later as a rise.
    /// </summary>
    public static long Settled()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return Native();
    }

    /// <summary>Resident bytes of the process without those that the collector has committed. What native code gave back is given back to the system first.</summary>
    public static long Native()
    {
        _ = Trim(0);
        var line = File.ReadLines("/proc/self/status").First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
        var kilobytes = long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        return (kilobytes * 1024) - GC.GetGCMemoryInfo().TotalCommittedBytes;
    }

    [DllImport("libc", EntryPoint = "malloc_trim")]
    private static extern int Trim(nuint keep);
}
