using System.Text.RegularExpressions;
using DataSync.Refine.Rules.Actions;
using DataSync.Refine.Rules.Logic;

namespace DataSync.Refine.Rules.Checks;

/// <summary><c>matches</c>: the pattern is found in the text. Matched without backtracking, so in a time linear in the text; text times pattern is charged before, as what it takes at most.</summary>
/// <param name="pattern">The pattern.</param>
/// <param name="size">See <see cref="PatternSize"/>.</param>
internal sealed class PatternCheck(Regex pattern, int size) : FieldCheck
{
    // The runtime's own bound on what {n} within {n} unrolls to; there is no other way to give it.
    static PatternCheck() => AppContext.SetData("REGEX_NONBACKTRACKING_MAX_AUTOMATA_SIZE", RuleLimits.PatternStates);

    public override RuleFailure Failure => RuleFailure.NoMatch;

    /// <summary>The check of a pattern; null where it is none, looks around or back, or is too large.</summary>
    public static PatternCheck? Of(string pattern)
    {
        try
        {
            return new PatternCheck(new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant), PatternSize.Of(pattern));
        }
        catch (Exception wrong) when (wrong is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    public override bool Holds(RuleRun run, in Value value)
    {
        if (!value.IsText) return false;
        var text = run.Chars(value);
        run.Evaluation.ChargeSearch(text.Length, size);
        return pattern.IsMatch(text);
    }
}
