using DataSync.Platform.Settings;
using Microsoft.Extensions.Configuration;

namespace DataSync.Platform.Audit;

/// <summary>Settings of the audit log.</summary>
internal sealed record AuditOptions
{
    private const string FolderSetting = "DATASYNC_AUDIT_ANCHORS";

    /// <summary>Where heads of chains are written to, outside the database; null where only the log tells of them.</summary>
    public string? Anchors { get; init; }

    /// <summary>How long a chain may grow before its head is written.</summary>
    public TimeSpan AnchorEvery { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Days after which the chain of a tenant that has no days of its own loses its beginning; 0 where it keeps it. Needs <see cref="Anchors"/>: what nothing outside the database stands for is kept.</summary>
    public int KeepDays { get; init; }

    /// <summary>Days that entries are kept at the least, whatever days a tenant has of its own.</summary>
    public int LeastDays { get; init; } = 365;

    /// <summary>How often it is looked whether entries wait to be chained.</summary>
    public TimeSpan SealEvery { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>False for the measurement of what the log costs, which no setting can ask for.</summary>
    public bool IsKept { get; init; } = true;

    public static AuditOptions Read(IConfiguration configuration, SettingsReader settings) => new()
    {
        Anchors = configuration[FolderSetting] is { Length: > 0 } folder ? folder : null,
        KeepDays = settings.Int("DATASYNC_AUDIT_KEEP_DAYS", 0, 0, 36_500),
        LeastDays = settings.Int("DATASYNC_AUDIT_LEAST_DAYS", 365, 1, 36_500),
        AnchorEvery = TimeSpan.FromSeconds(settings.Int("DATASYNC_AUDIT_ANCHOR_SECONDS", 60, 1, 86_400)),
    };
}
