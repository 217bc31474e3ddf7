namespace DataSync.Process.Realtime;

/// <summary>How much memory held records may take. The environment names are the settings' names.</summary>
internal sealed record RealtimeOptions
{
    public const string LimitSetting = "SYNC_REALTIME_MAX_MEMORY_MB";
    public const string ShareSetting = "DATASYNC_REALTIME_TENANT_SHARE";

    /// <summary><c>SYNC_REALTIME_MAX_MEMORY_MB</c>, in bytes: all runs of this process.</summary>
    public long LimitBytes { get; init; } = 100L * 1024 * 1024;

    /// <summary><c>DATASYNC_REALTIME_TENANT_SHARE</c>: percent of it that one tenant may take.</summary>
    public int TenantShare { get; init; } = 50;

    /// <summary>What one tenant may take, in bytes.</summary>
    public long TenantBytes => LimitBytes / 100 * TenantShare;
}
