using System.Buffers;
using DataSync.Export.Compression;
using DataSync.Export.Parquet.Format;
using DataSync.Pipeline.Privacy;

namespace DataSync.Export.Parquet;

/// <summary>Looks for a text in a file that <see cref="ParquetFile"/> wrote: page by page, as columns of text and JSON hold values as they are. One page is in memory at a time.</summary>
internal static class ParquetSearch
{
    /// <summary>No header of a page is longer.</summary>
    private const int LongestHeader = 64;

    /// <summary>Whether the text stands anywhere; true where that cannot be told: of a number, which may be bits, and of a file that is none of ours.</summary>
    public static async Task<bool> HoldsAsync(Stream file, WrittenText text, IReadOnlyCollection<IFileCompression> compressions, CancellationToken ct)
    {
        if (text.MayBeNumber) return true;
        var bytes = new ArrayBufferWriter<byte>();
        var page = new ArrayBufferWriter<byte>();
        var at = 0;
        try
        {
            if (!await FillAsync(ParquetFooter.Magic.Length)) return true;
            at = ParquetFooter.Magic.Length;
            while (true)
            {
                await FillAsync(LongestHeader);
                if (PageHeader.Read(bytes.WrittenSpan[at..]) is not { } header) break;
                at += header.Length;
                if (!await FillAsync(header.Compressed)) return true;
                page.ResetWrittenCount();
                PageCodec.Decompress(bytes.WrittenSpan.Slice(at, header.Compressed), header.Plain, compressions, page);
                if (text.IsIn(page.WrittenSpan)) return true;
                at += header.Compressed;
            }

            // the footer: names of columns, and the least and the greatest value of each
            await FillAsync(int.MaxValue);
            return text.IsIn(bytes.WrittenSpan[at..]);
        }
        catch (Exception broken) when (broken is InvalidDataException or ArgumentException)
        {
            return true;
        }

        // Reads until there are so many bytes ahead; false at the end of the file. What was looked at goes only where more is to be read, for each move copies what is left.
        async Task<bool> FillAsync(int count)
        {
            if (at > 0 && bytes.WrittenCount - at < count) Forget();
            while (bytes.WrittenCount - at < count)
            {
                var read = await file.ReadAsync(bytes.GetMemory(64 * 1024), ct);
                if (read == 0) return false;
                bytes.Advance(read);
            }

            return true;
        }

        void Forget()
        {
            var rest = bytes.WrittenSpan[at..].ToArray();
            bytes.ResetWrittenCount();
            bytes.Write(rest);
            at = 0;
        }
    }
}
