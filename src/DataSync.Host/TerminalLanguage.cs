namespace DataSync.Host;

/// <summary>In which language a command speaks.</summary>
internal static class TerminalLanguage
{
    /// <summary>The terminal's: <c>zh_CN.UTF-8</c> is <c>zh-CN</c>.</summary>
    public static string Tag() => (Environment.GetEnvironmentVariable("LANG") ?? "").Split('.', '@')[0].Replace('_', '-');
}
