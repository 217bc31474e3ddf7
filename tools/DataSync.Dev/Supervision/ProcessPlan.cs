using System.Diagnostics;
using System.Globalization;

namespace DataSync.Dev.Supervision;

/// <summary>A process to be run: its command, its settings, and where its pid and its output are kept.</summary>
sealed record ProcessPlan(string Name, IReadOnlyList<string> Command, IReadOnlyDictionary<string, string?> Environment, string Folder)
{
    public string PidFile => Path.Combine(Folder, $"{Name}.pid");

    public string LogFile => Path.Combine(Folder, $"{Name}.log");

    /// <summary>
    /// Starts it with a pipe as standard input, which reaches its end with this process however that ends. The output goes to the log by
    /// the shell's own redirection: it does not pass through this process, so the child never writes into a broken pipe.
    /// </summary>
    public Process Start()
    {
        var info = new ProcessStartInfo("/bin/sh", ["-c", "exec \"$@\" >>\"$0\" 2>&1", LogFile, .. Command]) { UseShellExecute = false, RedirectStandardInput = true };
        foreach (var (name, value) in Environment)
        {
            if (value is null) info.Environment.Remove(name);
            else info.Environment[name] = value;
        }
        var process = Process.Start(info) ?? throw new DevException($"{Name} did not start.");
        // exec keeps the shell's process id.
        File.WriteAllText(PidFile, process.Id.ToString(CultureInfo.InvariantCulture));
        return process;
    }

    /// <summary>The log's last lines, for telling why it failed.</summary>
    public string LogTail(int lines = 20) => File.Exists(LogFile) ? string.Join('\n', File.ReadLines(LogFile).TakeLast(lines)) : "";
}
