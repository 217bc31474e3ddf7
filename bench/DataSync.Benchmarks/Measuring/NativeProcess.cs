using System.Runtime.InteropServices;

namespace DataSync.Benchmarks.Measuring;

/// <summary>Starts a process and waits for it with the kernel's account of its CPU time, which .NET's own process class does not give.</summary>
internal static partial class NativeProcess
{
    private const int Kill = 9;
    private const int Interrupted = 4;

    public static int Start(string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        string?[] argv = [program, .. arguments, null];
        string?[] envp = [.. environment.Select(e => $"{e.Key}={e.Value}"), null];
        var error = Spawn(out var pid, program, 0, 0, argv, envp);
        return error == 0 ? pid : throw new InvalidOperationException($"{program} could not be started: {Marshal.GetPInvokeErrorMessage(error)}");
    }

    /// <summary>Blocks until the process has ended; its exit code (or minus the signal), and CPU time with that of its own children.</summary>
    public static (int ExitCode, TimeSpan Cpu) Wait(int pid)
    {
        Usage usage;
        int status;
        while (Wait4(pid, out status, 0, out usage) < 0)
        {
            if (Marshal.GetLastPInvokeError() != Interrupted) throw new InvalidOperationException($"Process {pid} could not be waited for.");
        }

        var signal = status & 0x7f;
        var cpu = TimeSpan.FromSeconds(usage.UserSeconds + usage.SystemSeconds) + TimeSpan.FromMicroseconds(usage.UserMicroseconds + usage.SystemMicroseconds);
        return (signal == 0 ? (status >> 8) & 0xff : -signal, cpu);
    }

    public static void End(int pid) => _ = Signal(pid, Kill);

    [LibraryImport("libc", EntryPoint = "posix_spawnp", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Spawn(out int pid, string file, nint actions, nint attributes, string?[] argv, string?[] envp);

    [LibraryImport("libc", EntryPoint = "wait4", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Wait4(int pid, out int status, int options, out Usage usage);

    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Signal(int pid, int signal);

    /// <summary><c>struct rusage</c> of 64-bit Linux, whose other members are not asked for.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 144)]
    private struct Usage
    {
        public long UserSeconds;
        public long UserMicroseconds;
        public long SystemSeconds;
        public long SystemMicroseconds;
    }
}
