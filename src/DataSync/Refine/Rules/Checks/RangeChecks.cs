using DataSync.Refine.Rules.Actions;
using DataSync.Refine.Rules.Logic;

namespace DataSync.Refine.Rules.Checks;

/// <summary><c>between</c> for numbers: not below the least and not above the most, each of which may be missing. What is no number is not between.</summary>
internal sealed class NumberRangeCheck(Number? least, Number? most) : FieldCheck
{
    public override RuleFailure Failure => RuleFailure.NotBetween;

    public override bool Holds(RuleRun run, in Value value)
    {
        if (!value.IsNumber) return false;
        var number = Coercion.Read(value);
        return (least is not { } low || Number.Compare(low, number) <= 0) && (most is not { } high || Number.Compare(number, high) <= 0);
    }
}

/// <summary><c>between</c> for texts, by UTF-16 units as the rules' <c>&lt;</c> compares: right for ISO 8601 dates and times of one form.</summary>
internal sealed class TextRangeCheck(string? least, string? most) : FieldCheck
{
    public override RuleFailure Failure => RuleFailure.NotBetween;

    public override bool Holds(RuleRun run, in Value value)
    {
        if (!value.IsText) return false;
        var text = run.Chars(value);
        return (least is null || text.CompareTo(least, StringComparison.Ordinal) >= 0) && (most is null || text.CompareTo(most, StringComparison.Ordinal) <= 0);
    }
}
