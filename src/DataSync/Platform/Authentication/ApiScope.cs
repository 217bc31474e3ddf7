namespace DataSync.Platform.Authentication;

/// <summary>What a token may be good for.</summary>
internal static class ApiScope
{
    public const string SourcesWrite = "sources.write";
    public const string SyncRead = "sync.read";
    public const string SyncWrite = "sync.write";
    public const string Operator = "operator";

    public static IReadOnlyList<string> All { get; } = [SourcesWrite, SyncRead, SyncWrite, Operator];
}
