using System.Security.Cryptography;
using DataSync.Export.Compression;
using DataSync.Export.Datasets;
using DataSync.Export.Storage;
using DataSync.Pipeline;
using DataSync.Pipeline.Privacy;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace DataSync.Export;

/// <summary>Finished exports, for those who list, download and remove them. Only what a manifest names exists.</summary>
internal sealed class ExportFiles(IExportStorage storage, IEnumerable<IExporter> exporters, IEnumerable<IFileCompression> compressions)
{
    private static readonly KeyValuePair<string, string>[] AboutTheFiles =
    [
        new(ExportSums.Format, ExportSums.ContentType), new(CroissantJson.Format, CroissantJson.ContentType), new(DatasetCard.Format, DatasetCard.ContentType),
    ];

    private readonly Dictionary<string, string> _contentTypes = new(
        exporters.Select(e => KeyValuePair.Create(e.Format, e.ContentType)).Concat(AboutTheFiles), StringComparer.Ordinal);
    private readonly Dictionary<string, string> _compressedTypes = compressions.ToDictionary(c => c.Name, c => c.ContentType, StringComparer.Ordinal);

    /// <summary>The files of an export, the manifest last; none where the job has no finished export.</summary>
    public async Task<IReadOnlyList<ExportedFile>> ListAsync(string tenantId, Guid jobId, CancellationToken ct)
    {
        var location = new ExportLocation(tenantId, jobId);
        await using var stream = await storage.OpenAsync(location, ExportManifest.FileName, ct);
        if (stream is null) return [];
        var bytes = new byte[stream.Length];
        await stream.ReadExactlyAsync(bytes, ct);
        var files = ExportManifest.Parse(bytes).Files.Select(f => new ExportedFile(f.Name, f.Format, f.Bytes, f.Records, f.Sha256, location.KeyOf(f.Name), f.Compression, f.Split));
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes));
        return [.. files, new ExportedFile(ExportManifest.FileName, ExportManifest.Format, bytes.Length, 0, sha256, location.KeyOf(ExportManifest.FileName))];
    }

    /// <summary>Opens a file that the manifest names (or the manifest); null for any other name. The caller disposes the content.</summary>
    public async Task<ExportDownload?> OpenAsync(string tenantId, Guid jobId, string name, CancellationToken ct)
    {
        var files = await ListAsync(tenantId, jobId, ct);
        if (files.FirstOrDefault(f => string.Equals(f.Name, name, StringComparison.Ordinal)) is not { } file) return null;
        var content = await storage.OpenAsync(new ExportLocation(tenantId, jobId), file.Name, ct);
        return content is null ? null : new ExportDownload(file, ContentTypeOf(file), content);
    }

    /// <summary>Everything in a job's folder, named by a manifest or not.</summary>
    public async Task<LeftFiles> LeftAsync(string tenantId, Guid jobId, CancellationToken ct)
    {
        var begun = (await storage.ListAsync(new ExportLocation(tenantId, jobId), ct)).ToLookup(name => StagedFile.FenceOf(name) is not null);
        return new LeftFiles([.. begun[false].Order(StringComparer.Ordinal)], begun[true].Count());
    }

    /// <summary>Whether there is any file of a tenant.</summary>
    public Task<bool> AnyAsync(string tenantId, CancellationToken ct) => storage.AnyAsync(tenantId, ct);

    /// <summary>Removes a job's export; nothing happens where there is none.</summary>
    public Task DeleteAsync(string tenantId, Guid jobId, CancellationToken ct) => storage.DeleteAsync(new ExportLocation(tenantId, jobId), ct);

    /// <summary>Removes every export of a tenant.</summary>
    public Task DeleteAllAsync(string tenantId, CancellationToken ct) => storage.DeleteAllAsync(tenantId, ct);

    private string ContentTypeOf(ExportedFile file)
        => file.Compression is { } compression && _compressedTypes.TryGetValue(compression, out var type) ? type : _contentTypes.GetValueOrDefault(file.Format, "application/json");
}

/// <summary>A file to send: its entry, its media type, and the bytes (seekable, for ranges).</summary>
internal sealed record ExportDownload(ExportedFile File, string ContentType, Stream Content) : IAsyncDisposable
{
    /// <summary>The answer that sends it, whole or in ranges.</summary>
    public IResult Answer() => TypedResults.Stream(Content, ContentType, File.Name, entityTag: new EntityTagHeaderValue($"\"{File.Sha256}\""), enableRangeProcessing: true);

    public ValueTask DisposeAsync() => Content.DisposeAsync();
}
