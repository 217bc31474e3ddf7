using ZstdSharp;

namespace DataSync.Export.Compression.Zstd;

/// <summary>Zstandard (RFC 8878), a frame a file.</summary>
internal sealed class ZstdFileCompression : IFileCompression
{
    private const int Level = 3;

    public string Name => "zstd";

    public string Extension => ".zst";

    public string ContentType => "application/zstd";

    public Stream Compress(Stream target) => new CompressionStream(target, Level, leaveOpen: true);

    public Stream Decompress(Stream source) => new DecompressionStream(source, leaveOpen: true);
}
