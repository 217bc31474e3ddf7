using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace DataSync.Pipeline.Documents.Schemas.Patterns;

/// <summary>A set of Unicode's code points, written as a regular expression that takes each for one sign, though .NET sees two units in those beyond U+FFFF.</summary>
internal sealed class CodePointSet
{
    private const int Last = 0x10FFFF, FirstSurrogate = 0xD800, LastSurrogate = 0xDFFF;
    private static readonly ConcurrentDictionary<string, CodePointSet> Categories = new(StringComparer.Ordinal);
    private readonly List<(int From, int To)> _ranges = [];

    public static CodePointSet Digits { get; } = Of(('0', '9'));

    public static CodePointSet Words { get; } = Of(('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z'));

    public static CodePointSet Blanks { get; } = Of(('\t', '\r'), (' ', ' '), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF));

    /// <summary>What a point stands for.</summary>
    public static CodePointSet NoLineEnd { get; } = Of(('\n', '\n'), ('\r', '\r'), (0x2028, 0x2029)).Negated();

    /// <summary>The one code point that is in it; null where there are others.</summary>
    public int? Only => _ranges is [var (from, to)] && from == to ? from : null;

    public static CodePointSet Of(params (int From, int To)[] ranges)
    {
        var set = new CodePointSet();
        foreach (var (from, to) in ranges) set.Add(from, to);
        return set;
    }

    /// <summary>A general category by its short name, such as L or Lu; null where there is none of that name.</summary>
    public static CodePointSet? OfCategory(string name)
        => Names.Any(n => n.StartsWith(name, StringComparison.Ordinal) && name.Length is 1 or 2) ? Categories.GetOrAdd(name, static n =>
        {
            var set = new CodePointSet();
            for (var point = 0; point <= Last; point++)
            {
                if (Names[(int)CharUnicodeInfo.GetUnicodeCategory(point)].StartsWith(n, StringComparison.Ordinal)) set.Add(point, point);
            }

            return set;
        }) : null;

    public void Add(int from, int to)
    {
        if (_ranges.Count > 0 && _ranges[^1].To + 1 == from) _ranges[^1] = (_ranges[^1].From, to);
        else _ranges.Add((from, to));
    }

    public void Add(CodePointSet other) => _ranges.AddRange(other._ranges);

    public CodePointSet Negated()
    {
        var (set, next) = (new CodePointSet(), 0);
        foreach (var (from, to) in _ranges.Order())
        {
            if (from > next) set.Add(next, from - 1);
            next = Math.Max(next, to + 1);
        }

        if (next <= Last) set.Add(next, Last);
        return set;
    }

    /// <summary>
    /// Writes a regular expression for one code point of it. A set that has all beyond U+FFFF takes one by its first unit and lets the second follow: no set begins with a second unit, so
    /// none is ever left over.
    /// </summary>
    public void WriteTo(StringBuilder pattern)
    {
        if (Only is { } sign and (< FirstSurrogate or (> LastSurrogate and <= char.MaxValue)))
        {
            pattern.Append(CultureInfo.InvariantCulture, $"\\u{sign:x4}");
            return;
        }

        var (units, pairs) = (new StringBuilder(), new PairWriter());
        foreach (var (from, to) in Negated().Negated()._ranges)
        {
            Units(units, from, Math.Min(to, FirstSurrogate - 1));
            Units(units, Math.Max(from, LastSurrogate + 1), Math.Min(to, char.MaxValue));
            if (to > char.MaxValue) pairs.Add(Math.Max(from, char.MaxValue + 1), to);
        }

        if (pairs.AreAll) pattern.Append("(?:[").Append(units).Append("\\ud800-\\udbff][\\udc00-\\udfff]?)");
        else pairs.WriteTo(pattern, units.Length == 0 ? "[^\\x00-\\uffff]" : $"[{units}]");
    }

    private static void Units(StringBuilder units, int from, int to)
    {
        if (from <= to) units.Append(CultureInfo.InvariantCulture, $"\\u{from:x4}-\\u{to:x4}");
    }

    /// <summary>In the order of <see cref="UnicodeCategory"/>.</summary>
    private static readonly string[] Names =
        ["Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So", "Cn"];
}
