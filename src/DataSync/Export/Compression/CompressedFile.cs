using DataSync.Export.Storage;

namespace DataSync.Export.Compression;

/// <summary>Makes the compressed form of a staged file.</summary>
internal static class CompressedFile
{
    /// <summary>Writes all of <paramref name="plain"/> into <paramref name="target"/>; whether that made it smaller is for the caller to see.</summary>
    public static async Task WriteAsync(StagedFile plain, StagedFile target, IFileCompression compression, CancellationToken ct)
    {
        await using (var into = compression.Compress(new StagedFileStream(target)))
        {
            await foreach (var part in plain.ReadBackAsync(0, ct))
            {
                into.Write(part.Span);
                await target.FlushAsync(ct);
            }
        }
    }
}
