using System.Runtime.CompilerServices;

namespace DataSync.Export.Jsonl;

/// <summary>Reads a file's lines back, each whole and no more than that in memory.</summary>
internal static class WrittenLines
{
    public static async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(Stream file, [EnumeratorCancellation] CancellationToken ct)
    {
        var buffer = new byte[64 * 1024];
        var (filled, searched) = (0, 0);
        while (true)
        {
            if (filled == buffer.Length) Array.Resize(ref buffer, buffer.Length * 2);
            var read = await file.ReadAsync(buffer.AsMemory(filled), ct);
            if (read == 0) break;
            filled += read;
            var start = 0;
            for (int length; (length = buffer.AsSpan(searched, filled - searched).IndexOf((byte)'\n')) >= 0; start = searched)
            {
                var end = searched + length;
                searched = end + 1;
                yield return buffer.AsMemory(start, end - start);
            }

            buffer.AsSpan(start, filled - start).CopyTo(buffer);
            filled -= start;
            searched = filled;
        }

        if (filled > 0) throw new InvalidDataException("The last line has no end.");
    }
}
