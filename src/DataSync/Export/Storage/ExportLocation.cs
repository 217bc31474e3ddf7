namespace DataSync.Export.Storage;

/// <summary>The folder of one job's export.</summary>
internal readonly record struct ExportLocation(string TenantId, Guid JobId)
{
    /// <summary>Path below the root, <c>/</c> between its parts: the same on a disk and in a bucket.</summary>
    public string Key => $"{TenantFolder.NameOf(TenantId)}/{JobId:D}";

    public string KeyOf(string fileName) => $"{Key}/{fileName}";
}
