using System.Runtime.InteropServices;

namespace DataSync.Extract.Connectors.Odbc.Native;

/// <summary>A sleep shorter than a millisecond, which .NET's threads have none of.</summary>
internal static partial class NativeSleep
{
    /// <summary>Blocks the thread for so many microseconds at least, fewer than a million.</summary>
    public static void Micro(uint microseconds) => _ = USleep(microseconds);

    [LibraryImport("libc", EntryPoint = "usleep")]
    private static partial int USleep(uint microseconds);
}
