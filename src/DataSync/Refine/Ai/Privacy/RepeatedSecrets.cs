using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;

namespace DataSync.Refine.Ai.Privacy;

/// <summary>
/// A record's secrets, wherever its texts repeat them: as they are, and as JSON or an address writes them. Short ones are words and numbers that stand anywhere, and are not looked for.
/// </summary>
internal sealed class RepeatedSecrets
{
    /// <summary>Characters of the shortest that is looked for.</summary>
    public const int Shortest = 8;

    private readonly Dictionary<string, string[]> _byBeginning;
    private readonly SearchValues<string> _beginnings;

    private RepeatedSecrets(string[] written)
    {
        _byBeginning = written.OrderByDescending(w => w.Length).GroupBy(w => w[..Shortest], StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.ToArray(), StringComparer.Ordinal);
        _beginnings = SearchValues.Create([.. _byBeginning.Keys], StringComparison.Ordinal);
    }

    /// <summary>What looks for them; null where none is long enough.</summary>
    public static RepeatedSecrets? Of(IEnumerable<string> secrets)
    {
        string[] written = [.. secrets.Where(s => s.Length >= Shortest).SelectMany(Writings).Distinct(StringComparer.Ordinal)];
        return written.Length == 0 ? null : new RepeatedSecrets(written);
    }

    /// <summary>Where they stand in a text: stretches in order, those that lie over one another as one.</summary>
    public List<(int Start, int End)> In(string text)
    {
        var found = new List<(int Start, int End)>();
        var byBeginning = _byBeginning.GetAlternateLookup<ReadOnlySpan<char>>();
        for (var at = 0; text.AsSpan(at).IndexOfAny(_beginnings) is var next and >= 0; at++)
        {
            at += next;
            if (LongestAt(text.AsSpan(at), byBeginning[text.AsSpan(at, Shortest)]) is not (> 0 and var length)) continue;
            if (found.Count > 0 && at < found[^1].End) found[^1] = (found[^1].Start, Math.Max(found[^1].End, at + length));
            else found.Add((at, at + length));
        }

        return found;
    }

    /// <summary>The length of the longest that the text begins with; 0 where it begins with none.</summary>
    private static int LongestAt(ReadOnlySpan<char> text, string[] longestFirst)
    {
        foreach (var secret in longestFirst)
        {
            if (text.StartsWith(secret, StringComparison.Ordinal)) return secret.Length;
        }

        return 0;
    }

    /// <summary>How a secret may be written in a text: as it is, in JSON (with as few escapes as can be, in ASCII, or with all that HTML may take amiss), and in an address.</summary>
    private static string[] Writings(string secret)
    {
        var json = JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(secret);
        var ascii = string.Concat(json.Select(c => char.IsAscii(c) ? c.ToString() : string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}")));
        return [secret, json, ascii, JavaScriptEncoder.Default.Encode(secret), Uri.EscapeDataString(secret)];
    }
}
