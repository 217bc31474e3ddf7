using System.Security.Cryptography;
using DataSync.LocalPostgres.Lifetime;

namespace DataSync.LocalPostgres.Secrets;

/// <summary>Secrets made once and kept in files only their owner can read.</summary>
public static class SecretFile
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Makes a folder only its owner can enter.</summary>
    public static string Folder(string path)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }

    /// <summary>Reads the file, or makes it. Of several processes that make it at once, all read the same content.</summary>
    public static string ReadOrCreate(string path, Func<string> create)
    {
        if (!File.Exists(path))
        {
            // A move that must not overwrite is a look and a rename to .NET on Unix: two makers could both have looked. So one at a time.
            var gate = $"{path}.lock";
            using (Wait(gate))
            {
                if (!File.Exists(path)) Make(path, create());
            }

            // From here on the lock says nothing: whoever takes it, or another of its name, finds the file.
            if (!OperatingSystem.IsWindows()) File.Delete(gate);
        }

        return File.ReadAllText(path);
    }

    /// <summary>A password nobody has to type.</summary>
    public static string NewPassword() => RandomNumberGenerator.GetHexString(40, lowercase: true);

    static FileStream Wait(string path)
    {
        FileStream? held = null;
        return SpinWait.SpinUntil(() => (held = FileLock.TryExclusive(path)) is not null, Patience)
            ? held!
            : throw new IOException($"{path} has been held by another process for {Patience.TotalSeconds:0} seconds: end it, or remove the file.");
    }

    /// <summary>Written beside its place and moved there whole: a reader never sees half of it.</summary>
    static void Make(string path, string content)
    {
        var draft = $"{path}.{Environment.ProcessId}-{RandomNumberGenerator.GetHexString(8)}";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var writer = new StreamWriter(draft, options)) writer.Write(content);
        File.Move(draft, path, overwrite: false);
    }
}
