using System.Runtime.InteropServices;
using System.Text;

namespace DataSync.Extract.Connectors.Odbc.Native;

/// <summary>Reads what is registered, through unixODBC's own reader: what it says is what the driver manager will do.</summary>
internal static unsafe partial class OdbcInstaller
{
    private const int Longest = 1024;
    private static readonly Lock Gate = new();

    /// <summary>An attribute of a registered data source; empty where source or attribute are not there.</summary>
    public static string Attribute(string source, string name)
    {
        var value = stackalloc byte[Longest];
        lock (Gate)
        {
            var length = SQLGetPrivateProfileString(source, name, "", value, Longest, "odbc.ini");
            return length <= 0 ? "" : Encoding.UTF8.GetString(value, Math.Min(length, Longest)).TrimEnd('\0').Trim();
        }
    }

    [LibraryImport("libodbcinst.so.2", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SQLGetPrivateProfileString(string section, string entry, string fallback, byte* value, int size, string file);
}
