using System.Runtime.InteropServices;

namespace DataSync.Extract.Connectors.Odbc.Native;

/// <summary>
/// psqlodbc gives text as <c>char</c> in the encoding that <c>PGCLIENTENCODING</c> names, else in that of the process's locale, which in containers is none.
/// The variable must be there before the driver connects, in the environment that C sees; .NET's own is a copy.
/// </summary>
internal static partial class ClientEncoding
{
    /// <summary>Names UTF-8 where the operator names none. Once in a process, before its first connection.</summary>
    public static void Ensure() => _ = Set;

    private static readonly int Set = SetEnv("PGCLIENTENCODING", "UTF8", overwrite: 0);

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnv(string name, string value, int overwrite);
}
