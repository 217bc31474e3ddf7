using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace DataSync.IntegrationTests.Prism;

/// <summary>What an answer looks like: names, types and words, without ids, numbers and texts. Answers that look alike are checked once.</summary>
internal static class AnswerShape
{
    private const int LongestWord = 40;

    public static string Of(HttpRequestMessage request, int status, string? mediaType, ReadOnlyMemory<byte> body)
    {
        var shape = new StringBuilder(request.Method.Method).Append(' ');
        foreach (var segment in request.RequestUri!.AbsolutePath.Split('/')) shape.Append('/').Append(IsWord(segment) ? segment : "*");
        shape.Append(' ').Append(status).Append(' ').Append(mediaType).Append(' ');
        if (body.Length > 0)
        {
            try
            {
                using var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 512 });
                Append(shape, document.RootElement);
            }
            catch (JsonException)
            {
                shape.Append(Convert.ToHexStringLower(SHA256.HashData(body.Span)));
            }
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(shape.ToString())));
    }

    private static void Append(StringBuilder shape, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                shape.Append('{');
                foreach (var member in value.EnumerateObject().OrderBy(m => m.Name, StringComparer.Ordinal))
                {
                    shape.Append(member.Name).Append(':');
                    Append(shape, member.Value);
                    shape.Append(',');
                }

                shape.Append('}');
                break;
            case JsonValueKind.Array:
                SortedSet<string> items = new(StringComparer.Ordinal);
                foreach (var item in value.EnumerateArray())
                {
                    var of = new StringBuilder();
                    Append(of, item);
                    items.Add(of.ToString());
                }

                shape.Append('[').AppendJoin(',', items).Append(']');
                break;
            case JsonValueKind.String:
                shape.Append(IsWord(value.GetString()!) ? value.GetString() : "text");
                break;
            case JsonValueKind.Number:
                shape.Append(value.TryGetInt64(out var whole) ? whole < 0 ? "negative" : "whole" : "number");
                break;
            default:
                shape.Append(value.ValueKind);
                break;
        }
    }

    /// <summary>One of a list of known words, such as a status, rather than somebody's text.</summary>
    private static bool IsWord(string text) => text.Length <= LongestWord && text.All(static c => c is >= 'a' and <= 'z' or '_' or '-' or '.');
}
