using System.IO.Compression;

namespace DataSync.Export.Compression.Gzip;

/// <summary>gzip (RFC 1952), without a time in its header; about as small as <c>gzip -6</c> makes files.</summary>
internal sealed class GzipFileCompression : IFileCompression
{
    public string Name => "gzip";

    public string Extension => ".gz";

    public string ContentType => "application/gzip";

    public Stream Compress(Stream target) => new GZipStream(target, CompressionLevel.Optimal, leaveOpen: true);

    public Stream Decompress(Stream source) => new GZipStream(source, CompressionMode.Decompress, leaveOpen: true);
}
