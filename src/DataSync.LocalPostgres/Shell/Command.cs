using System.ComponentModel;
using System.Diagnostics;

namespace DataSync.LocalPostgres.Shell;

/// <summary>What a command left behind.</summary>
sealed record CommandResult(int ExitCode, string Output, string Error)
{
    public bool Succeeded => ExitCode == 0;

    /// <summary>The last line it said, for a message of one line.</summary>
    public string LastLine => (Error + '\n' + Output).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is [.., var last] ? last : $"exit code {ExitCode}";
}

/// <summary>Runs programs of the machine; arguments are passed as they are, never through a shell.</summary>
static class Command
{
    const int NotFound = 127;

    /// <summary>Starts a program with its three streams redirected.</summary>
    public static Process Start(string file, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        // The root folder: the server's user may not be allowed to enter the caller's.
        var info = new ProcessStartInfo(file, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = "/",
        };
        info.Environment["LC_ALL"] = "C";
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) info.Environment[name] = value;
        return Process.Start(info) ?? throw new InvalidOperationException($"{file} did not start.");
    }

    /// <summary>Runs a program to its end. A missing program and one that exceeds the limit are results too, not exceptions.</summary>
    public static async Task<CommandResult> RunAsync(
        IReadOnlyList<string> command, TimeSpan limit, CancellationToken ct, string input = "", IReadOnlyDictionary<string, string>? environment = null)
    {
        Process process;
        try
        {
            process = Start(command[0], [.. command.Skip(1)], environment);
        }
        catch (Win32Exception e)
        {
            return new CommandResult(NotFound, "", $"{command[0]}: {e.Message}");
        }
        using (process)
        {
            using var timeout = new CancellationTokenSource(limit, TimeProvider.System);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, timeout.Token);
            try
            {
                var output = process.StandardOutput.ReadToEndAsync(either.Token);
                var error = process.StandardError.ReadToEndAsync(either.Token);
                await WriteInputAsync(process, input, either.Token);
                await process.WaitForExitAsync(either.Token);
                return new CommandResult(process.ExitCode, await output, await error);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                ct.ThrowIfCancellationRequested();
                return new CommandResult(-1, "", $"{command[0]} did not end within {limit.TotalSeconds:0} s");
            }
        }
    }

    static async Task WriteInputAsync(Process process, string input, CancellationToken ct)
    {
        try
        {
            await process.StandardInput.WriteAsync(input.AsMemory(), ct);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading: its exit code tells.
        }
    }
}
