namespace DataSync.Platform.Authentication;

/// <summary>What a token may be good for.</summary>
internal static class ApiScope
{
    public const string SourcesWrite = "sources.write";
    public const string SyncRead = "sync.read";
    public const string SyncWrite = "sync.write";
    public const string KeysWrite = "keys.write";

    /// <summary>The audit log: for a tenant's administrators and auditors, and apart from what they audit.</summary>
    public const string AuditRead = "audit.read";

    public const string Operator = "operator";

    /// <summary>Finding, giving out and erasing what is stored of one person.</summary>
    public const string Privacy = "privacy";

    public static IReadOnlyList<string> All { get; } = [SourcesWrite, SyncRead, SyncWrite, KeysWrite, AuditRead, Operator, Privacy];
}
