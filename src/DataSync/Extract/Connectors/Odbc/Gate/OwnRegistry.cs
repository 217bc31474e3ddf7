using System.Security.Cryptography;
using System.Text;
using DataSync.Extract.Connectors.Odbc.Native;

namespace DataSync.Extract.Connectors.Odbc.Gate;

/// <summary>
/// Data sources of this process's own, each there while one session connects: the operator's, but for where the driver dials. A driver reads where to from a file alone, unless it
/// gets a connection string, and in such a one a password could bring attributes along. unixODBC reads the user's file before the machine's; this process's user has this one instead,
/// which holds what was in his.
/// </summary>
internal static class OwnRegistry
{
    /// <summary>Begins names that no tenant may use.</summary>
    public const string Prefix = "datasync-";

    private const int LongestName = 32;
    private static readonly Lock Gate = new();
    private static readonly Dictionary<string, string> Sections = new(StringComparer.Ordinal);
    private static readonly string TheUsers = ProcessEnvironment.Get("ODBCINI") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".odbc.ini");
    private static readonly string File = Begin();
    private static (DateTime, long) _seen;

    /// <summary>Takes over what the user's own file holds by now.</summary>
    public static void Refresh()
    {
        lock (Gate)
        {
            if (Seen() != _seen) Write();
        }
    }

    /// <summary>A data source with these attributes, until it is disposed of.</summary>
    public static Registration Register(IReadOnlyDictionary<string, string> attributes)
    {
        var name = $"{Prefix}{RandomNumberGenerator.GetHexString(LongestName - Prefix.Length, lowercase: true)}";
        lock (Gate)
        {
            Sections[name] = string.Concat(attributes.Select(a => $"{a.Key}={a.Value}\n"));
            Write();
        }

        return new Registration(name);
    }

    /// <summary>A reader sees the file before or the file after, never half of one.</summary>
    private static void Write()
    {
        var text = new StringBuilder();
        _seen = Seen();
        if (_seen != default) text.Append(System.IO.File.ReadAllText(TheUsers)).Append('\n');
        foreach (var (name, section) in Sections) text.Append('[').Append(name).Append("]\n").Append(section).Append('\n');
        var next = File + ".new";
        System.IO.File.WriteAllText(next, text.ToString());
        System.IO.File.Move(next, File, overwrite: true);
    }

    private static (DateTime, long) Seen() => new FileInfo(TheUsers) is { Exists: true } file ? (file.LastWriteTimeUtc, file.Length) : default;

    /// <summary>A folder that nobody else may look into: a data source may hold a password.</summary>
    private static string Begin()
    {
        var folder = Directory.CreateTempSubdirectory("datasync-odbc-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        };
        var file = Path.Combine(folder, "odbc.ini");
        ProcessEnvironment.Set("ODBCINI", file);
        return file;
    }

    /// <summary>One of them.</summary>
    internal sealed class Registration(string name) : IDisposable
    {
        public string Name => name;

        public void Dispose()
        {
            lock (Gate)
            {
                if (Sections.Remove(name)) Write();
            }
        }
    }
}
