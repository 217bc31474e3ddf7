using System.Globalization;

namespace DataSync.Benchmarks.Measuring;

/// <summary>What Linux tells of processes under <c>/proc</c>. A process that has gone counts nothing.</summary>
internal static class ProcessFiles
{
    private const int TicksPerSecond = 100; // USER_HZ, the same on every Linux that .NET runs on

    /// <summary>CPU time of the process itself.</summary>
    public static TimeSpan OwnCpu(int pid) => Cpu(pid, 11);

    /// <summary>CPU time of its children that have ended and were waited for.</summary>
    public static TimeSpan EndedChildrenCpu(int pid) => Cpu(pid, 13);

    public static IReadOnlyList<int> Children(int pid)
        => [.. Read($"/proc/{pid}/task/{pid}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(p => int.Parse(p, CultureInfo.InvariantCulture))];

    /// <summary>The most memory the process ever had resident.</summary>
    public static long PeakBytes(int pid) => Status(pid, "VmHWM:");

    /// <summary>What it has resident now.</summary>
    public static long ResidentBytes(int pid) => Status(pid, "VmRSS:");

    private static long Status(int pid, string name)
    {
        foreach (var line in Read($"/proc/{pid}/status").Split('\n'))
        {
            if (line.StartsWith(name, StringComparison.Ordinal)) return long.Parse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) * 1024;
        }

        return 0;
    }

    public static int Parent(int pid) => Stat(pid) is [_, var parent, ..] ? int.Parse(parent, CultureInfo.InvariantCulture) : 0;

    public static string CommandLine(int pid) => Read($"/proc/{pid}/cmdline").Replace('\0', ' ');

    public static string? Executable(int pid) => File.ResolveLinkTarget($"/proc/{pid}/exe", returnFinalTarget: false)?.FullName;

    private static TimeSpan Cpu(int pid, int field)
        => Stat(pid) is { Length: > 15 } stat
            ? TimeSpan.FromSeconds((long.Parse(stat[field], CultureInfo.InvariantCulture) + long.Parse(stat[field + 1], CultureInfo.InvariantCulture)) / (double)TicksPerSecond)
            : TimeSpan.Zero;

    // The name comes in brackets and may hold blanks: what counts begins behind the last bracket.
    private static string[] Stat(int pid) => Read($"/proc/{pid}/stat") is { Length: > 0 } text ? text[(text.LastIndexOf(')') + 2)..].Split(' ') : [];

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
