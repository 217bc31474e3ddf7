using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace DataSync.Refine.Ai.Privacy;

/// <summary>
/// What stands for what, for one call: the same value has the same placeholder throughout, and each comes back as it was. Numbered in the order of their first appearance, so the
/// same record gives the same text, and an answer that is kept for later holds placeholders only.
/// </summary>
/// <param name="repeated">Secrets that are hidden wherever they stand; null for none.</param>
internal sealed partial class Placeholders(RepeatedSecrets? repeated = null)
{
    /// <summary>The kind of what opens a door.</summary>
    public const string Secret = "SECRET";

    private readonly Dictionary<(string Kind, string Value), string> _byValue = [];
    private readonly Dictionary<string, string> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _counts = new(StringComparer.Ordinal);

    /// <summary>How many values have one.</summary>
    public int Count => _byName.Count;

    /// <summary>The secrets that have one.</summary>
    public IEnumerable<string> Secrets => _byValue.Keys.Where(v => v.Kind == Secret).Select(v => v.Value);

    /// <summary>The text with placeholders for what <see cref="PersonalData"/> finds, and for the secrets that are hidden wherever they stand.</summary>
    public string Hide(string text)
    {
        var found = In(text);
        if (found.Count == 0) return text;
        var hidden = new StringBuilder(text.Length);
        var at = 0;
        foreach (var find in found)
        {
            hidden.Append(text, at, find.Start - at).Append(NameOf(find.Kind, text.Substring(find.Start, find.Length)));
            at = find.Start + find.Length;
        }

        return hidden.Append(text, at, text.Length - at).ToString();
    }

    /// <summary>The placeholder of a value that is a secret as it is.</summary>
    public string HideWhole(string secret) => NameOf(Secret, secret);

    /// <summary>Whether a secret that is hidden wherever it stands is in the text.</summary>
    public bool Repeats(string text) => repeated?.In(text) is { Count: > 0 };

    /// <summary>The text with what its placeholders stand for.</summary>
    public string Restore(string text) => text.Contains('<', StringComparison.Ordinal) ? Written().Replace(text, match => _byName.GetValueOrDefault(match.Value) ?? match.Value) : text;

    /// <summary>The first placeholder of a text that stands for nothing.</summary>
    public string? Unknown(string text)
    {
        foreach (Match match in Written().Matches(text))
        {
            if (!_byName.ContainsKey(match.Value)) return match.Value;
        }

        return null;
    }

    /// <summary>Whether there is one of a kind and number.</summary>
    public bool Has(string kind, int number) => number > 0 && number <= _counts.GetValueOrDefault(kind);

    /// <summary>The text without its placeholders.</summary>
    public string Without(string text) => text.Contains('<', StringComparison.Ordinal) ? Written().Replace(text, match => _byName.ContainsKey(match.Value) ? "\n" : match.Value) : text;

    /// <summary>Whether a number is among the values.</summary>
    public bool HasNumbers => _byName.Values.Any(IsNumber);

    /// <summary>The number that a placeholder stands for; null where the text is none, or stands for something else.</summary>
    public string? NumberOf(string name) => _byName.GetValueOrDefault(name) is { } value && IsNumber(value) ? value : null;

    /// <summary>What is found by its looks, and what is known to be secret. Where both lie over one another the whole stretch is: either alone would leave a piece.</summary>
    private List<PersonalData.Find> In(string text)
    {
        var found = PersonalData.In(text);
        if (repeated?.In(text) is not { Count: > 0 } secrets) return found;
        found.AddRange(secrets.Select(s => new PersonalData.Find(Secret, s.Start, s.End - s.Start)));
        found.Sort(static (a, b) => a.Start.CompareTo(b.Start));
        List<PersonalData.Find> joined = [];
        foreach (var find in found)
        {
            if (joined is [.., var last] && find.Start < last.Start + last.Length)
                joined[^1] = new PersonalData.Find(Secret, last.Start, Math.Max(last.Start + last.Length, find.Start + find.Length) - last.Start);
            else joined.Add(find);
        }

        return joined;
    }

    private static bool IsNumber(string text) => JsonNumbers().IsMatch(text);

    private string NameOf(string kind, string value)
    {
        if (_byValue.TryGetValue((kind, value), out var known)) return known;
        var number = _counts[kind] = _counts.GetValueOrDefault(kind) + 1;
        var name = string.Create(CultureInfo.InvariantCulture, $"<{kind}_{number}>");
        _byValue.Add((kind, value), name);
        _byName.Add(name, value);
        return name;
    }

    [GeneratedRegex("<[A-Z]+_[0-9]+>", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Written();

    [GeneratedRegex(@"^-?(0|[1-9][0-9]*)([.][0-9]+)?([eE][+-]?[0-9]{1,3})?\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex JsonNumbers();
}
