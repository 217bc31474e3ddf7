using System.Globalization;
using System.Text.RegularExpressions;

namespace DataSync.Platform.Localization;

/// <summary>
/// Which form of a word goes with a number, by the rules that the language's own file brings under <see cref="Key"/>, in the syntax of Unicode's CLDR:
/// <c>one: i = 1 and v = 0; few: n % 10 = 2..4 and n % 100 != 12..14; other</c>. So a language needs no code of ours.
/// </summary>
internal sealed partial class PluralRules
{
    /// <summary>The key of a language file that holds its rules.</summary>
    public const string Key = "language.plurals";

    /// <summary>The form where no rule says another.</summary>
    public const string Other = "other";

    /// <summary>One form for every number.</summary>
    public static readonly PluralRules None = new([]);

    private readonly IReadOnlyList<(string Category, IReadOnlyList<IReadOnlyList<Relation>> Any)> _rules;

    private PluralRules(IReadOnlyList<(string, IReadOnlyList<IReadOnlyList<Relation>>)> rules) => _rules = rules;

    /// <summary>Reads rules; false where they are not as they must be.</summary>
    public static bool TryParse(string text, out PluralRules rules)
    {
        List<(string, IReadOnlyList<IReadOnlyList<Relation>>)> read = [];
        rules = None;
        foreach (var rule in text.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (rule == Other) continue;
            if (rule.Split(':', 2, StringSplitOptions.TrimEntries) is not [var category and ("zero" or "one" or "two" or "few" or "many"), var condition]) return false;
            List<IReadOnlyList<Relation>> any = [];
            foreach (var all in condition.Split(" or ", StringSplitOptions.TrimEntries))
            {
                var relations = all.Split(" and ", StringSplitOptions.TrimEntries).Select(Relation.Parse).ToList();
                if (relations.Contains(null)) return false;
                any.Add([.. relations.OfType<Relation>()]);
            }

            read.Add((category, any));
        }

        rules = new PluralRules(read);
        return true;
    }

    /// <summary>The form for a number, by its value and the digits it is shown with.</summary>
    public string Of(decimal number)
        => _rules.FirstOrDefault(rule => rule.Any.Any(all => all.All(relation => relation.Holds(Math.Abs(number))))).Category ?? Other;

    /// <summary>One comparison, such as <c>n % 100 = 2..4,7</c>.</summary>
    private sealed partial record Relation(char Operand, int Modulus, bool Equal, IReadOnlyList<(decimal From, decimal To)> Ranges)
    {
        public static Relation? Parse(string text)
        {
            if (Form().Match(text) is not { Success: true } match) return null;
            var ranges = match.Groups["ranges"].Value.Split(',', StringSplitOptions.TrimEntries).Select(r => r.Split("..")).Select(r => (Number(r[0]), Number(r[^1]))).ToList();
            var modulus = match.Groups["modulus"] is { Success: true } given ? int.Parse(given.Value, CultureInfo.InvariantCulture) : 0;
            return new Relation(match.Groups["operand"].Value[0], modulus, match.Groups["relation"].Value == "=", ranges);
        }

        public bool Holds(decimal number)
        {
            var value = Operand switch
            {
                'n' => number,
                'i' => decimal.Truncate(number),
                'v' => number.Scale,
                _ => (number - decimal.Truncate(number)) * (decimal)Math.Pow(10, number.Scale), // f: the digits behind the point
            };
            if (Modulus > 0) value %= Modulus;
            return Ranges.Any(r => r.From == r.To ? value == r.From : decimal.IsInteger(value) && value >= r.From && value <= r.To) == Equal;
        }

        private static decimal Number(string text) => decimal.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);

        [GeneratedRegex(@"^(?<operand>[nivf])(\s*%\s*(?<modulus>[1-9][0-9]{0,6}))?\s*(?<relation>!?=)\s*(?<ranges>[0-9]{1,6}(\.\.[0-9]{1,6})?(\s*,\s*[0-9]{1,6}(\.\.[0-9]{1,6})?)*)$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 100)]
        private static partial Regex Form();
    }
}
