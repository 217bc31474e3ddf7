using System.Runtime.CompilerServices;

namespace DataSync.Export.Json;

/// <summary>Reads the records of a page back, byte for byte: the elements of <c>data</c>, which stands in the outermost object. No more than one of them is held in memory.</summary>
internal static class PageRecords
{
    private const int Kept = 32;

    public static async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(Stream file, [EnumeratorCancellation] CancellationToken ct)
    {
        var buffer = new byte[64 * 1024];
        var (filled, at, start, depth) = (0, 0, 0, 0);
        var (isText, isEscaped, isInside, isFound) = (false, false, false, false);
        while (true)
        {
            if (filled == buffer.Length) Array.Resize(ref buffer, buffer.Length * 2);
            var read = await file.ReadAsync(buffer.AsMemory(filled), ct);
            if (read == 0) break;
            filled += read;
            for (; at < filled; at++)
            {
                var b = buffer[at];
                if (isText)
                {
                    if (isEscaped) isEscaped = false;
                    else if (b == (byte)'\\') isEscaped = true;
                    else if (b == (byte)'"') isText = false;
                    continue;
                }

                switch (b)
                {
                    case (byte)'"':
                        isText = true;
                        break;
                    case (byte)'[' when depth == 1 && IsData(buffer.AsSpan(0, at)):
                        (isInside, isFound, start, depth) = (true, true, at + 1, 2);
                        break;
                    case (byte)'{' or (byte)'[':
                        depth++;
                        break;
                    case (byte)',' or (byte)']' when isInside && depth == 2:
                        var element = Trim(buffer.AsMemory(start, at - start));
                        if (!element.IsEmpty) yield return element;
                        start = at + 1;
                        if (b == (byte)',') break;
                        (isInside, depth) = (false, 1);
                        break;
                    case (byte)'}' or (byte)']':
                        depth--;
                        break;
                }
            }

            // what was given goes; before the records, the name of what comes may have been cut
            var from = isInside ? start : Math.Max(0, filled - Kept);
            buffer.AsSpan(from, filled - from).CopyTo(buffer);
            (filled, at, start) = (filled - from, at - from, Math.Max(0, start - from));
        }

        if (depth != 0 || isText || !isFound) throw new InvalidDataException("It is no page of records, or a part of one.");
    }

    /// <summary>Whether what is opened behind these bytes is the member that holds the records.</summary>
    private static bool IsData(ReadOnlySpan<byte> before)
    {
        before = before.TrimEnd(" \t\r\n"u8);
        return before is [.., (byte)':'] && before[..^1].TrimEnd(" \t\r\n"u8).EndsWith("\"data\""u8);
    }

    private static ReadOnlyMemory<byte> Trim(ReadOnlyMemory<byte> element) => element.Trim(" \t\r\n"u8);
}
