using System.Globalization;

namespace DataSync.Refine.Rules.Checks;

/// <summary>
/// How much a pattern may take for one sign of a text: its signs, those that are repeated as often as they may be. Counted from above, since the runtime does not tell; while it can it does far less, but a tenant's
/// pattern decides how long it can.
/// </summary>
internal static class PatternSize
{
    /// <summary>The size of a pattern that compiles; at most <see cref="RuleLimits.PatternStates"/>, since no larger one is taken.</summary>
    public static int Of(string pattern)
    {
        var open = new Stack<(long Before, long Last)>();
        var (sum, last) = (0L, 0L);
        for (var i = 0; i < pattern.Length; i++)
        {
            switch (pattern[i])
            {
                case '(':
                    open.Push((sum, last));
                    (sum, last) = (0, 0);
                    break;
                case ')' when open.TryPop(out var outer):
                    (sum, last) = (Bounded(outer.Before + sum + 1), sum + 1);
                    break;
                case '{' when Repeat(pattern, i) is { } repeat:
                    // What stands before it is there once already.
                    (sum, last) = (Bounded(sum + (Math.Max(repeat.Times - 1, 0) * last)), Bounded(repeat.Times * last));
                    i = repeat.End;
                    break;
                case '\\':
                    i++;
                    (sum, last) = (sum + 1, 1);
                    break;
                case '[':
                    i = EndOfClass(pattern, i);
                    (sum, last) = (sum + 1, 1);
                    break;
                case '*' or '+' or '?' or '|':
                    break;
                default:
                    (sum, last) = (sum + 1, 1);
                    break;
            }
        }

        while (open.TryPop(out var outer)) sum = Bounded(outer.Before + sum);
        return (int)Math.Clamp(sum, 1, RuleLimits.PatternStates);
    }

    private static long Bounded(long size) => Math.Min(size, RuleLimits.PatternStates);

    /// <summary>A class ends with the first bracket that is not its first sign, classes within it ended.</summary>
    private static int EndOfClass(string pattern, int start)
    {
        var depth = 0;
        for (var i = start; i < pattern.Length; i++)
        {
            if (pattern[i] == '\\') i++;
            else if (pattern[i] == '[' && (i == start || pattern[i - 1] == '-')) (depth, i) = (depth + 1, FirstOfClass(pattern, i));
            else if (pattern[i] == ']' && --depth == 0) return i;
        }

        return pattern.Length;
    }

    /// <summary>A bracket right at the beginning is a sign of the class.</summary>
    private static int FirstOfClass(string pattern, int start)
    {
        var first = start + 1 < pattern.Length && pattern[start + 1] == '^' ? start + 1 : start;
        return first + 1 < pattern.Length && pattern[first + 1] == ']' ? first + 1 : first;
    }

    /// <summary>How often at most: <c>{n}</c>, <c>{n,}</c> or <c>{n,m}</c>; null where the brace is a sign.</summary>
    private static (long Times, int End)? Repeat(string pattern, int start)
    {
        var end = pattern.IndexOf('}', start);
        if (end < 0) return null;
        var parts = pattern[(start + 1)..end].Split(',');
        if (parts.Length > 2 || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var times)) return null;
        if (parts.Length == 1 || parts[1].Length == 0) return (times, end);
        return int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var most) ? (most, end) : null;
    }
}
