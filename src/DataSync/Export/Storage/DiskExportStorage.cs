using Microsoft.Extensions.Options;

namespace DataSync.Export.Storage;

/// <summary>Export files on a disk or a shared volume: <c>{root}/{tenant}/{job_id}/{name}</c>. Files are staged in the very folder, so that a rename is one step.</summary>
internal sealed class DiskExportStorage(IOptions<ExportOptions> options) : IExportStorage
{
    private readonly string _root = Path.GetFullPath(options.Value.Root);

    public Task<string> PrepareAsync(ExportLocation location, long fence, CancellationToken ct) => Run(() =>
    {
        var folder = Directory.CreateDirectory(FolderOf(location)).FullName;
        RemoveStaged(folder, fence);
        var manifest = Path.Combine(folder, ExportManifest.FileName);
        if (!File.Exists(manifest)) return folder;
        File.Delete(manifest);
        FolderFlush.Flush(folder);
        return folder;
    });

    public Task PublishAsync(ExportLocation location, string stagedPath, string name, CancellationToken ct) => Run(() =>
    {
        File.Move(stagedPath, Path.Combine(FolderOf(location), name), overwrite: true);
        return true;
    });

    public Task SealAsync(ExportLocation location, CancellationToken ct) => Run(() =>
    {
        var folder = FolderOf(location);
        FolderFlush.Flush(folder);
        FolderFlush.Flush(Path.GetDirectoryName(folder)!);
        FolderFlush.Flush(_root);
        return true;
    });

    public Task KeepOnlyAsync(ExportLocation location, IReadOnlySet<string> names, CancellationToken ct) => Run(() =>
    {
        foreach (var path in Directory.EnumerateFiles(FolderOf(location)))
        {
            var name = Path.GetFileName(path);
            if (!names.Contains(name) && StagedFile.FenceOf(name) is null) File.Delete(path);
        }

        return true;
    });

    public Task DiscardAsync(ExportLocation location, long fence, IReadOnlySet<string> keep, CancellationToken ct) => Run(() =>
    {
        var folder = FolderOf(location);
        if (!Directory.Exists(folder)) return false;
        RemoveStaged(folder, fence);
        if (!File.Exists(Path.Combine(folder, ExportManifest.FileName)))
        {
            foreach (var path in Directory.EnumerateFiles(folder))
            {
                if (Path.GetFileName(path) is var name && !keep.Contains(name) && StagedFile.FenceOf(name) is null) File.Delete(path);
            }
        }

        if (!Directory.EnumerateFileSystemEntries(folder).Any()) Directory.Delete(folder);
        return true;
    });

    public Task<Stream?> OpenAsync(ExportLocation location, string name, CancellationToken ct) => Run(() =>
    {
        try
        {
            return (Stream?)new FileStream(Path.Combine(FolderOf(location), name), new FileStreamOptions
            {
                Share = FileShare.Read | FileShare.Delete,
                Options = FileOptions.Asynchronous | FileOptions.SequentialScan,
                BufferSize = 0,
            });
        }
        catch (IOException missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    });

    public Task<IReadOnlyList<string>> ListAsync(ExportLocation location, CancellationToken ct) => Run(() =>
        (IReadOnlyList<string>)(Directory.Exists(FolderOf(location)) ? [.. Directory.EnumerateFiles(FolderOf(location)).Select(path => Path.GetFileName(path))] : []));

    public Task<bool> AnyAsync(string tenantId, CancellationToken ct) => Run(() =>
        Path.Combine(_root, TenantFolder.NameOf(tenantId)) is var folder && Directory.Exists(folder) && Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Any());

    public Task DeleteAsync(ExportLocation location, CancellationToken ct) => Run(() =>
    {
        var folder = FolderOf(location);
        if (!Directory.Exists(folder)) return false;

        // without its manifest an export is not listed: nobody sees it half removed
        File.Delete(Path.Combine(folder, ExportManifest.FileName));
        Directory.Delete(folder, recursive: true);
        return true;
    });

    public Task DeleteAllAsync(string tenantId, CancellationToken ct) => Run(() =>
    {
        var folder = Path.Combine(_root, TenantFolder.NameOf(tenantId));
        if (!Directory.Exists(folder)) return false;
        Directory.Delete(folder, recursive: true);
        return true;
    });

    private static void RemoveStaged(string folder, long fence)
    {
        foreach (var leftover in Directory.EnumerateFiles(folder, ".*.tmp"))
        {
            // an attempt under a newer fence may be at work; its files are not ours
            if (StagedFile.FenceOf(Path.GetFileName(leftover)) <= fence) File.Delete(leftover);
        }
    }

    private static Task<T> Run<T>(Func<T> work) => StorageFailures.WrapAsync(() => ValueTask.FromResult(work())).AsTask();

    private string FolderOf(ExportLocation location) => Path.Combine(_root, location.Key.Replace('/', Path.DirectorySeparatorChar));
}
