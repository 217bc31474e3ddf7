using System.Runtime.InteropServices;
using System.Text;

namespace DataSync.Extract.Connectors.Odbc.Native;

/// <summary>Reads what is registered, through unixODBC's own reader: what it says is what the driver manager will do.</summary>
internal static unsafe partial class OdbcInstaller
{
    private const int Longest = 1024, LongestList = 16 * 1024;
    private const string Sources = "odbc.ini", Drivers = "odbcinst.ini";
    private static readonly Lock Gate = new();

    /// <summary>Everything registered below a data source's name; empty where there is no such source.</summary>
    public static IReadOnlyDictionary<string, string> Attributes(string source)
    {
        var found = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var name in Read(source, null, Sources, LongestList).Split('\0', StringSplitOptions.RemoveEmptyEntries)) found[name] = Read(source, name, Sources, Longest).TrimEnd('\0').Trim();
        return found;
    }

    /// <summary>The file of a driver: of one that is registered, or that is named by its file.</summary>
    public static string Library(string driver) => Path.GetFileName(driver.Contains('/', StringComparison.Ordinal) ? driver : Read(driver, "Driver", Drivers, Longest).TrimEnd('\0').Trim());

    private static string Read(string section, string? entry, string file, int size)
    {
        var value = new byte[size];
        fixed (byte* at = value)
        {
            lock (Gate)
            {
                var length = SQLGetPrivateProfileString(section, entry, "", at, size, file);
                return length <= 0 ? "" : Encoding.UTF8.GetString(at, Math.Min(length, size));
            }
        }
    }

    [LibraryImport("libodbcinst.so.2", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SQLGetPrivateProfileString(string section, string? entry, string fallback, byte* value, int size, string file);
}
