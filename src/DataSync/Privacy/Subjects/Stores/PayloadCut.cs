using System.Buffers;
using System.Text.Json;
using System.Text.RegularExpressions;
using DataSync.Privacy.Subjects.Finding;

namespace DataSync.Privacy.Subjects.Stores;

/// <summary>Takes a subject's records out of a payload that holds others' too. The bytes of those stay as they were sent.</summary>
internal static partial class PayloadCut
{
    private static readonly JsonReaderOptions AnyDepth = new() { MaxDepth = int.MaxValue };

    /// <summary>The payload without the records that are about the subject; null where nothing can be left of it.</summary>
    /// <param name="payload">A body that is about the subject.</param>
    /// <param name="recordsPath">Where the source's records stand; null for the payload itself. Of an expression that is more than names, each element of the outermost list is a record.</param>
    /// <param name="sourceId">Whose payload.</param>
    /// <param name="match">Whom it is about.</param>
    public static byte[]? Without(ReadOnlyMemory<byte> payload, string? recordsPath, string sourceId, SubjectMatch match)
    {
        string[]? path = recordsPath is null ? [] : Names().IsMatch(recordsPath) ? recordsPath.Replace("[*]", "", StringComparison.Ordinal).Replace("[]", "", StringComparison.Ordinal).Split('.') : null;
        try
        {
            var cut = Cut(payload.Span, path, sourceId, match);
            return cut is null || match.IsIn(cut, sourceId) ? null : cut;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static byte[]? Cut(ReadOnlySpan<byte> payload, string[]? path, string sourceId, SubjectMatch match)
    {
        var reader = new Utf8JsonReader(payload, AnyDepth);
        var left = new ArrayBufferWriter<byte>(payload.Length);
        var (copied, depth, kept) = (0, 0, 0);
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName && path is not null)
            {
                var wanted = depth < path.Length && reader.CurrentDepth == depth + 1 && reader.ValueTextEquals(path[depth]);
                reader.Read();
                if (wanted) depth++;
                else reader.Skip();
                if (!wanted) continue;
            }

            if (reader.TokenType != JsonTokenType.StartArray || (path is not null && depth != path.Length)) continue;

            // elements, with what stands between them: a comma goes with the element that goes
            left.Write(payload[copied..(int)reader.BytesConsumed]);
            copied = (int)reader.BytesConsumed;
            for (var first = true; reader.Read() && reader.TokenType != JsonTokenType.EndArray;)
            {
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                var element = payload[start..(int)reader.BytesConsumed];
                if (!match.IsIn(element, sourceId))
                {
                    if (!first) left.Write(","u8);
                    left.Write(element);
                    (first, kept) = (false, kept + 1);
                }

                copied = (int)reader.BytesConsumed;
            }

            copied = (int)reader.TokenStartIndex;
            if (path is not null) break;
        }

        if (kept == 0) return null;
        left.Write(payload[copied..]);
        return left.WrittenSpan.ToArray();
    }

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*(\[\*?\])?$", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 100)]
    private static partial Regex Names();
}
