using System.Globalization;
using System.Text;

namespace DataSync.Platform.Localization;

/// <summary>Fills a text's placeholders. What has no value stays as it is, so a mistake is seen and not hidden.</summary>
internal static class MessageTemplate
{
    private static readonly Dictionary<string, object?> Nothing = new(StringComparer.Ordinal);

    /// <summary>Fills it as a language writes numbers and times. Numbers have no groups unless the text asks for them (<c>number</c>): a port or a status is not counted.</summary>
    public static string Fill(string template, IReadOnlyDictionary<string, object?>? values, WrittenLanguage language)
    {
        if (!template.Contains('{', StringComparison.Ordinal)) return template;
        var text = new StringBuilder(template.Length + 32);
        Append(text, template, values ?? Nothing, language, null);
        return text.ToString();
    }

    /// <summary>Names of the placeholders, each once.</summary>
    public static IReadOnlySet<string> Placeholders(string template)
        => MessageArgument.All(template).SelectMany(a => a.Branches.Values.SelectMany(Placeholders).Prepend(a.Name)).ToHashSet(StringComparer.Ordinal);

    /// <summary>Whether each brace belongs to a placeholder.</summary>
    public static bool IsWellFormed(string template)
    {
        var arguments = MessageArgument.All(template).ToList();
        var inside = arguments.Sum(a => template[a.Start..a.End].Count(c => c is '{' or '}'));
        return template.Count(c => c is '{' or '}') == inside && arguments.SelectMany(a => a.Branches.Values).All(IsWellFormed);
    }

    private static void Append(StringBuilder text, string template, IReadOnlyDictionary<string, object?> values, WrittenLanguage language, string? number)
    {
        var at = 0;
        foreach (var argument in MessageArgument.All(template))
        {
            Literal(text, template.AsSpan(at, argument.Start - at), number);
            at = argument.End;
            var known = values.TryGetValue(argument.Name, out var value);
            var shown = known ? Text(value, argument.Kind, language.Culture) : $"{{{argument.Name}}}";
            if (argument.Kind != "plural") text.Append(shown);
            else Append(text, Branch(argument, known ? value : null, language), values, language, shown);
        }

        Literal(text, template.AsSpan(at), number);
    }

    private static void Literal(StringBuilder text, ReadOnlySpan<char> literal, string? number)
    {
        if (number is null || !literal.Contains('#')) text.Append(literal);
        else text.Append(literal.ToString().Replace("#", number, StringComparison.Ordinal));
    }

    private static string Branch(MessageArgument argument, object? value, WrittenLanguage language)
    {
        if (value is not (int or long or decimal or double) || value is double and not (> -1e15 and < 1e15)) return argument.Branches[PluralRules.Other];
        var number = Convert.ToDecimal(value, CultureInfo.InvariantCulture);
        return argument.Branches.GetValueOrDefault(string.Create(CultureInfo.InvariantCulture, $"={number}"))
            ?? argument.Branches.GetValueOrDefault(language.Plurals.Of(number))
            ?? argument.Branches[PluralRules.Other];
    }

    private static string Text(object? value, string kind, CultureInfo culture) => (value, kind) switch
    {
        (null, _) => "null",
        (bool b, _) => b ? "true" : "false",
        (DateTimeOffset time, "date") => time.UtcDateTime.ToString("d", culture),
        (DateTimeOffset time, "time") => time.UtcDateTime.ToString("T", culture) + " UTC",
        (DateTimeOffset time, _) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture),
        (IFormattable number, "number" or "plural") when value is int or long or decimal or double => number.ToString("#,##0.######", culture),
        (IFormattable number, _) => number.ToString(null, culture),
        (IEnumerable<string> list, _) => string.Join(", ", list),
        _ => value?.ToString() ?? "",
    };
}
