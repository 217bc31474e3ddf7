using System.Buffers;
using System.Globalization;
using System.Text;

namespace DataSync.Platform.Localization;

/// <summary>Fills <c>{named}</c> placeholders. What has no value stays as it is, so a mistake is seen and not hidden.</summary>
internal static class MessageTemplate
{
    private static readonly SearchValues<char> NameCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_");

    public static string Fill(string template, IReadOnlyDictionary<string, object?>? values)
    {
        if (values is null || values.Count == 0 || !template.Contains('{')) return template;
        var text = new StringBuilder(template.Length + 32);
        var at = 0;
        foreach (var (start, end) in Spans(template))
        {
            text.Append(template, at, start - at);
            var name = template[(start + 1)..end];
            if (values.TryGetValue(name, out var value)) text.Append(Text(value));
            else text.Append(template, start, end - start + 1);
            at = end + 1;
        }

        return text.Append(template, at, template.Length - at).ToString();
    }

    /// <summary>Names of the placeholders, each once.</summary>
    public static IReadOnlySet<string> Placeholders(string template)
        => Spans(template).Select(s => template[(s.Start + 1)..s.End]).ToHashSet(StringComparer.Ordinal);

    private static IEnumerable<(int Start, int End)> Spans(string template)
    {
        for (var start = template.IndexOf('{', StringComparison.Ordinal); start >= 0;)
        {
            var end = template.IndexOf('}', start);
            if (end < 0) yield break;
            if (IsName(template.AsSpan(start + 1, end - start - 1))) yield return (start, end);
            start = template.IndexOf('{', start + 1);
        }
    }

    private static bool IsName(ReadOnlySpan<char> text)
        => text.Length > 0 && !text.ContainsAnyExcept(NameCharacters);

    private static string Text(object? value) => value switch
    {
        null => "null",
        bool b => b ? "true" : "false",
        DateTimeOffset time => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        IEnumerable<string> list => string.Join(", ", list),
        _ => value.ToString() ?? "",
    };
}
