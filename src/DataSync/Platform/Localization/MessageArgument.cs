using System.Buffers;

namespace DataSync.Platform.Localization;

/// <summary>
/// A placeholder of a text, in the syntax that translators know from ICU: <c>{name}</c>, <c>{name, number}</c>, <c>{name, date}</c>, <c>{name, time}</c>, and
/// <c>{name, plural, one {# file} other {# files}}</c>, where <c>#</c> is the number.
/// </summary>
/// <param name="Start">Where it begins.</param>
/// <param name="End">Behind its last brace.</param>
/// <param name="Name">The value's name.</param>
/// <param name="Kind">How the value is written; empty where nothing is said.</param>
/// <param name="Branches">Of a plural: texts by category, <c>other</c> among them.</param>
internal sealed record MessageArgument(int Start, int End, string Name, string Kind, IReadOnlyDictionary<string, string> Branches)
{
    private static readonly SearchValues<char> NameCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_");
    private static readonly Dictionary<string, string> None = new(StringComparer.Ordinal);

    /// <summary>The arguments of a text, in order; braces that are none are text.</summary>
    public static IEnumerable<MessageArgument> All(string text)
    {
        for (var at = text.IndexOf('{', StringComparison.Ordinal); at >= 0;)
        {
            var argument = Read(text, at);
            if (argument is not null) yield return argument;
            at = text.IndexOf('{', argument?.End ?? at + 1);
        }
    }

    private static MessageArgument? Read(string text, int start)
    {
        var end = Close(text, start);
        if (end < 0) return null;
        var parts = text[(start + 1)..(end - 1)].Split(',', 3);
        if (!IsName(parts[0])) return null;
        return parts switch
        {
            [var name] => new MessageArgument(start, end, name, "", None),
            [var name, var kind] when kind.Trim() is "number" or "date" or "time" => new MessageArgument(start, end, name, kind.Trim(), None),
            [var name, var kind, var branches] when kind.Trim() == "plural" && ReadBranches(branches) is { } texts => new MessageArgument(start, end, name, "plural", texts),
            _ => null,
        };
    }

    /// <summary>Texts by category; null where they are not as they must be, or <c>other</c> is missing.</summary>
    private static Dictionary<string, string>? ReadBranches(string text)
    {
        Dictionary<string, string> branches = new(StringComparer.Ordinal);
        for (var at = 0; at < text.Length;)
        {
            var open = text.IndexOf('{', at);
            if (open < 0) return text[at..].Trim().Length == 0 && branches.ContainsKey(PluralRules.Other) ? branches : null;
            var close = Close(text, open);
            if (close < 0 || !branches.TryAdd(text[at..open].Trim(), text[(open + 1)..(close - 1)])) return null;
            at = close;
        }

        return branches.ContainsKey(PluralRules.Other) ? branches : null;
    }

    /// <summary>Behind the brace that closes the one at a place; -1 where none does.</summary>
    private static int Close(string text, int open)
    {
        var depth = 0;
        for (var i = open; i < text.Length; i++)
        {
            if (text[i] == '{') depth++;
            else if (text[i] == '}' && --depth == 0) return i + 1;
        }

        return -1;
    }

    private static bool IsName(ReadOnlySpan<char> text) => text.Length > 0 && !text.ContainsAnyExcept(NameCharacters);
}
