using System.Security.Cryptography;

namespace DataSync.LocalPostgres.Secrets;

/// <summary>Secrets made once and kept in files only their owner can read.</summary>
public static class SecretFile
{
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
            var draft = $"{path}.{Environment.ProcessId}-{RandomNumberGenerator.GetHexString(8)}";
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            using (var writer = new StreamWriter(draft, options)) writer.Write(create());
            try
            {
                File.Move(draft, path, overwrite: false);
            }
            catch (IOException) when (File.Exists(path))
            {
                File.Delete(draft);
            }
        }
        return File.ReadAllText(path);
    }

    /// <summary>A password nobody has to type.</summary>
    public static string NewPassword() => RandomNumberGenerator.GetHexString(40, lowercase: true);
}
