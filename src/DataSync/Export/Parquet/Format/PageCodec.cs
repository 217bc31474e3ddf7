using System.Buffers;
using DataSync.Export.Compression;
using Snappier;

namespace DataSync.Export.Parquet.Format;

/// <summary>How pages are compressed: by Snappy, as DuckDB and Spark do of themselves, or as files are where <c>compression</c> asks for it.</summary>
/// <param name="number">Its number in Parquet.</param>
/// <param name="compression">What else than Snappy.</param>
internal sealed class PageCodec(int number, IFileCompression? compression)
{
    private const int SnappyNumber = 1, GzipNumber = 2, ZstandardNumber = 6;

    /// <summary>The number that column chunks name it by.</summary>
    public int Number => number;

    /// <summary>The codec that <c>compression</c> asks for.</summary>
    public static PageCodec Of(IEnumerable<IFileCompression> compressions, string name) => name switch
    {
        "gzip" => new PageCodec(GzipNumber, Named(compressions, name)),
        "zstd" => new PageCodec(ZstandardNumber, Named(compressions, name)),
        _ => new PageCodec(SnappyNumber, null),
    };

    /// <summary>Compresses a page.</summary>
    public void Compress(ReadOnlySpan<byte> page, ArrayBufferWriter<byte> target)
    {
        if (compression is null)
        {
            target.Advance(Snappy.Compress(page, target.GetSpan(Snappy.GetMaxCompressedLength(page.Length))));
            return;
        }

        using var bytes = new MemoryStream();
        using (var into = compression.Compress(bytes)) into.Write(page);
        target.Write(bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
    }

    /// <summary>Gives a page back, whichever of these compressed it: no page of Snappy's begins as one of the others does, with a copy of what was not there yet.</summary>
    public static void Decompress(ReadOnlySpan<byte> compressed, int length, IReadOnlyCollection<IFileCompression> compressions, ArrayBufferWriter<byte> target)
    {
        var name = compressed switch
        {
            [0x1F, 0x8B, ..] => "gzip",
            [0x28, 0xB5, 0x2F, 0xFD, ..] => "zstd",
            _ => null,
        };
        if (name is null)
        {
            target.Advance(Snappy.Decompress(compressed, target.GetSpan(Math.Max(1, length))));
            return;
        }

        using var source = new MemoryStream(compressed.ToArray());
        using var plain = Named(compressions, name).Decompress(source);
        for (int read; (read = plain.Read(target.GetSpan(64 * 1024))) > 0;) target.Advance(read);
    }

    private static IFileCompression Named(IEnumerable<IFileCompression> compressions, string name) => compressions.Single(c => string.Equals(c.Name, name, StringComparison.Ordinal));
}
