using System.Runtime.InteropServices;

namespace DataSync.Extract.Connectors.Odbc.Native;

/// <summary>The environment that libraries see; .NET's own is a copy. Set what must be there once in a process, before its first connection.</summary>
internal static partial class ProcessEnvironment
{
    /// <summary>A variable's value; null where there is none.</summary>
    public static string? Get(string name) => Marshal.PtrToStringUTF8(GetEnv(name));

    /// <summary>Sets a variable; where it stays as it is, <paramref name="overwrite"/> is false.</summary>
    public static void Set(string name, string value, bool overwrite = true) => SetEnv(name, value, overwrite ? 1 : 0);

    [LibraryImport("libc", EntryPoint = "getenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint GetEnv(string name);

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnv(string name, string value, int overwrite);
}
