namespace DataSync.Export;

/// <summary>Settings of the export room.</summary>
internal sealed class ExportOptions
{
    /// <summary>The setting's name.</summary>
    public const string RootSetting = "DATASYNC_EXPORT_ROOT";

    /// <summary>Folder all exports lie under: a volume that API and workers share.</summary>
    public string Root { get; set; } = Path.Combine(".datasync", "exports");
}
