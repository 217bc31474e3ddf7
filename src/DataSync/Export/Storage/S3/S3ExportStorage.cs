using System.Runtime.CompilerServices;
using Amazon.S3;
using Amazon.S3.Model;
using Microsoft.Extensions.Options;

namespace DataSync.Export.Storage.S3;

/// <summary>Export files in a bucket, under the same keys as below a volume's root. Files are staged on the worker's own disk, below the export root, and go up whole.</summary>
internal sealed class S3ExportStorage(IAmazonS3 client, S3Options bucket, IOptions<ExportOptions> options) : IExportStorage
{
    private readonly string _staging = Path.GetFullPath(Path.Combine(options.Value.Root, ".staging"));

    public Task<string> PrepareAsync(ExportLocation location, long fence, CancellationToken ct) => S3Failures.WrapAsync(
        async () =>
        {
            var folder = Directory.CreateDirectory(FolderOf(location)).FullName;
            RemoveStaged(folder, fence);
            await S3Upload.AbortAllAsync(client, bucket.Bucket, location.Key + "/", ct);
            await client.DeleteObjectAsync(bucket.Bucket, location.KeyOf(ExportManifest.FileName), ct);
            return folder;
        },
        ct);

    public Task PublishAsync(ExportLocation location, string stagedPath, string name, CancellationToken ct) => S3Failures.WrapAsync(
        async () =>
        {
            await S3Upload.PutAsync(client, bucket, location.KeyOf(name), stagedPath, ct);
            File.Delete(stagedPath);
            return true;
        },
        ct);

    /// <summary>A bucket has answered only for what it keeps.</summary>
    public Task SealAsync(ExportLocation location, CancellationToken ct) => Task.CompletedTask;

    public Task KeepOnlyAsync(ExportLocation location, IReadOnlySet<string> names, CancellationToken ct) => S3Failures.WrapAsync(() => RemoveAsync(location, names, ct), ct);

    public Task DiscardAsync(ExportLocation location, long fence, IReadOnlySet<string> keep, CancellationToken ct) => S3Failures.WrapAsync(
        async () =>
        {
            RemoveStaged(FolderOf(location), fence);
            RemoveEmpty(FolderOf(location));
            await S3Upload.AbortAllAsync(client, bucket.Bucket, location.Key + "/", ct);
            return await FindAsync(location.KeyOf(ExportManifest.FileName), ct) is null && await RemoveAsync(location, keep, ct);
        },
        ct);

    public Task<Stream?> OpenAsync(ExportLocation location, string name, CancellationToken ct) => S3Failures.WrapAsync(
        async () =>
        {
            var key = location.KeyOf(name);
            return await FindAsync(key, ct) is { } found ? (Stream?)new S3ReadStream(client, bucket.Bucket, key, found.ETag, found.ContentLength) : null;
        },
        ct);

    public Task<IReadOnlyList<string>> ListAsync(ExportLocation location, CancellationToken ct) => S3Failures.WrapAsync(
        async () =>
        {
            List<string> names = Directory.Exists(FolderOf(location)) ? [.. Directory.EnumerateFiles(FolderOf(location)).Select(path => Path.GetFileName(path))] : [];
            await foreach (var name in NamesAsync(location.Key + "/", ct)) names.Add(name);
            return (IReadOnlyList<string>)names;
        },
        ct);

    public Task<bool> AnyAsync(string tenantId, CancellationToken ct) => S3Failures.WrapAsync(
        async () =>
        {
            var folder = TenantFolder.NameOf(tenantId);
            var staged = Path.Combine(_staging, folder);
            if (Directory.Exists(staged) && Directory.EnumerateFiles(staged, "*", SearchOption.AllDirectories).Any()) return true;
            return (await client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = bucket.Bucket, Prefix = folder + "/", MaxKeys = 1 }, ct)).S3Objects is { Count: > 0 };
        },
        ct);

    public Task DeleteAsync(ExportLocation location, CancellationToken ct) => S3Failures.WrapAsync(
        async () =>
        {
            // without its manifest an export is not listed: nobody sees it half removed
            await client.DeleteObjectAsync(bucket.Bucket, location.KeyOf(ExportManifest.FileName), ct);
            return await RemoveAllAsync(location.Key, ct);
        },
        ct);

    public Task DeleteAllAsync(string tenantId, CancellationToken ct) => S3Failures.WrapAsync(() => RemoveAllAsync(TenantFolder.NameOf(tenantId), ct), ct);

    private async Task<GetObjectMetadataResponse?> FindAsync(string key, CancellationToken ct)
    {
        try
        {
            return await client.GetObjectMetadataAsync(bucket.Bucket, key, ct);
        }
        catch (AmazonS3Exception missing) when (missing.StatusCode == System.Net.HttpStatusCode.NotFound && missing.ErrorCode != "NoSuchBucket")
        {
            return null;
        }
    }

    /// <summary>Removes what lies under a key, uploads that were begun and what waits for them on this machine.</summary>
    private async Task<bool> RemoveAllAsync(string key, CancellationToken ct)
    {
        await S3Upload.AbortAllAsync(client, bucket.Bucket, key + "/", ct);
        var staged = Path.Combine(_staging, key.Replace('/', Path.DirectorySeparatorChar));
        if (Directory.Exists(staged)) Directory.Delete(staged, recursive: true);
        return await RemoveAsync(key + "/", new HashSet<string>(StringComparer.Ordinal), ct);
    }

    /// <summary>Removes every file but those named.</summary>
    private Task<bool> RemoveAsync(ExportLocation location, IReadOnlySet<string> keep, CancellationToken ct) => RemoveAsync(location.Key + "/", keep, ct);

    private async Task<bool> RemoveAsync(string prefix, IReadOnlySet<string> keep, CancellationToken ct)
    {
        await foreach (var name in NamesAsync(prefix, ct))
        {
            if (!keep.Contains(name)) await client.DeleteObjectAsync(bucket.Bucket, prefix + name, ct);
        }

        return true;
    }

    /// <summary>What lies under a prefix, page by page, by what follows it.</summary>
    private async IAsyncEnumerable<string> NamesAsync(string prefix, [EnumeratorCancellation] CancellationToken ct)
    {
        string? next = null;
        do
        {
            var page = await client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = bucket.Bucket, Prefix = prefix, ContinuationToken = next }, ct);
            foreach (var found in page.S3Objects ?? []) yield return found.Key[prefix.Length..];
            next = page.IsTruncated == true ? page.NextContinuationToken : null;
        }
        while (next is not null);
    }

    private static void RemoveStaged(string folder, long fence)
    {
        if (!Directory.Exists(folder)) return;
        foreach (var leftover in Directory.EnumerateFiles(folder, ".*.tmp"))
        {
            // an attempt under a newer fence may be at work; its files are not ours
            if (StagedFile.FenceOf(Path.GetFileName(leftover)) <= fence) File.Delete(leftover);
        }
    }

    private static void RemoveEmpty(string folder)
    {
        if (Directory.Exists(folder) && !Directory.EnumerateFileSystemEntries(folder).Any()) Directory.Delete(folder);
    }

    private string FolderOf(ExportLocation location) => Path.Combine(_staging, location.Key.Replace('/', Path.DirectorySeparatorChar));
}
