namespace DataSync.Export.Storage;

/// <summary>
/// Where exported files lie (extension point at a process boundary: a disk, a bucket). Files are always staged on a local disk, so that
/// a half-written one is never seen and a draft can be read back; the storage only takes over whole files.
/// </summary>
internal interface IExportStorage
{
    /// <summary>
    /// Makes ready for an attempt: removes what attempts up to this fence left half done, and the manifest of an attempt before it, whose export is none any more as
    /// soon as one of its files is replaced. Returns the folder to stage files in.
    /// </summary>
    Task<string> PrepareAsync(ExportLocation location, long fence, CancellationToken ct);

    /// <summary>Gives a staged, flushed file its name; a file of that name is replaced in one step.</summary>
    Task PublishAsync(ExportLocation location, string stagedPath, string name, CancellationToken ct);

    /// <summary>Returns when the names published so far would survive a power failure.</summary>
    Task SealAsync(ExportLocation location, CancellationToken ct);

    /// <summary>Removes every published file but those named.</summary>
    Task KeepOnlyAsync(ExportLocation location, IReadOnlySet<string> names, CancellationToken ct);

    /// <summary>
    /// Removes what attempts up to this fence left half done, and the published files too where no manifest says that they are an export. An attempt
    /// under a newer fence keeps what it stages, and the files named to keep stay.
    /// </summary>
    Task DiscardAsync(ExportLocation location, long fence, IReadOnlySet<string> keep, CancellationToken ct);

    /// <summary>Opens a file: seekable, with a length. Null where there is none. The name is one that was published.</summary>
    Task<Stream?> OpenAsync(ExportLocation location, string name, CancellationToken ct);

    /// <summary>The names of all files of the job, in no order: published ones, and those that are staged here. None where there are none.</summary>
    Task<IReadOnlyList<string>> ListAsync(ExportLocation location, CancellationToken ct);

    /// <summary>Whether there is any file of a tenant, published or staged here.</summary>
    Task<bool> AnyAsync(string tenantId, CancellationToken ct);

    /// <summary>Removes the job's export; nothing happens where there is none.</summary>
    Task DeleteAsync(ExportLocation location, CancellationToken ct);

    /// <summary>Removes every export of a tenant; nothing happens where there is none.</summary>
    Task DeleteAllAsync(string tenantId, CancellationToken ct);
}
