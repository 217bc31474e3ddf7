using System.Globalization;
using System.Runtime.InteropServices;

namespace DataSync.Faults.Running;

/// <summary>The folder of the exports: a small file system of its own where this machine allows one, so that it can be made full.</summary>
internal sealed class ExportVolume : IAsyncDisposable
{
    private const string RoomyMegabytes = "256m";
    private static readonly string[] Elevation = Environment.IsPrivilegedProcess ? [] : ["sudo", "-n"];

    private ExportVolume(string root, bool canFill) => (Root, CanFill) = (root, canFill);

    public string Root { get; }

    /// <summary>False where no file system may be mounted here (neither root nor <c>sudo</c> without a password): the folder is an ordinary one.</summary>
    public bool CanFill { get; }

    public static async Task<ExportVolume> CreateAsync(string root, CancellationToken ct)
    {
        Directory.CreateDirectory(root);
        if (!OperatingSystem.IsLinux()) return new ExportVolume(root, canFill: false);
        var owner = Environment.IsPrivilegedProcess ? "" : $",uid={UserId()}";
        return new ExportVolume(root, await RunAsync(ct, "mount", "-t", "tmpfs", "-o", $"size={RoomyMegabytes},mode=0700{owner}", "tmpfs", root));
    }

    /// <summary>Leaves room for so many bytes (rounded to pages), and no more.</summary>
    public async Task FillAsync(long leave, CancellationToken ct)
    {
        // What is written meanwhile may be more than the size asked for, which the kernel then refuses.
        const int Tries = 50;
        for (var attempt = 0; attempt < Tries; attempt++)
        {
            var drive = new DriveInfo(Root);
            if (await ResizeAsync((drive.TotalSize - drive.AvailableFreeSpace + leave).ToString(CultureInfo.InvariantCulture), ct)) return;
        }

        throw new FaultException("The export volume could not be made full.");
    }

    /// <summary>Gives room again.</summary>
    public async Task EmptyAsync(CancellationToken ct)
    {
        if (!await ResizeAsync(RoomyMegabytes, ct)) throw new FaultException("The export volume could not be made roomy again.");
    }

    public async ValueTask DisposeAsync()
    {
        if (CanFill) await RunAsync(CancellationToken.None, "umount", "-l", Root);
        Directory.Delete(Root, recursive: true);
    }

    private Task<bool> ResizeAsync(string size, CancellationToken ct) => RunAsync(ct, "mount", "-o", $"remount,size={size}", Root);

    private static async Task<bool> RunAsync(CancellationToken ct, params string[] command)
    {
        string[] line = [.. Elevation, .. command];
        try
        {
            var start = new System.Diagnostics.ProcessStartInfo(line[0], line[1..]) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true };
            using var process = System.Diagnostics.Process.Start(start)!;
            await process.WaitForExitAsync(ct);
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false; // no such program here
        }
    }

    [DllImport("libc", EntryPoint = "getuid"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern uint UserId();
}
