namespace DataSync.Extract.Connectors.Odbc.Native;

/// <summary>
/// psqlodbc gives text as <c>char</c> in the encoding that <c>PGCLIENTENCODING</c> names, else in that of the process's locale, which in containers is none.
/// The variable must be there before the driver connects.
/// </summary>
internal static class ClientEncoding
{
    private static readonly bool Set = Name();

    /// <summary>Names UTF-8 where the operator names none. Once in a process, before its first connection.</summary>
    public static void Ensure() => _ = Set;

    private static bool Name()
    {
        ProcessEnvironment.Set("PGCLIENTENCODING", "UTF8", overwrite: false);
        return true;
    }
}
