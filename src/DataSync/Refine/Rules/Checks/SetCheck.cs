using System.Collections.Frozen;
using System.Text.Json;
using DataSync.Refine.Rules.Actions;
using DataSync.Refine.Rules.Logic;

namespace DataSync.Refine.Rules.Checks;

/// <summary><c>in_set</c>: the value is one of these texts, numbers and truth values; a number by its value, a text by its characters.</summary>
internal sealed class SetCheck : FieldCheck
{
    private readonly FrozenSet<string> _texts;
    private readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> _chars;
    private readonly FrozenSet<decimal> _exact;
    private readonly Number[] _approximate;
    private readonly bool _true, _false;

    /// <summary>A check against values that are given.</summary>
    /// <param name="values">Texts, numbers and truth values.</param>
    public SetCheck(IReadOnlyList<JsonElement> values)
    {
        _texts = values.Where(v => v.ValueKind == JsonValueKind.String).Select(v => v.GetString()!).ToFrozenSet(StringComparer.Ordinal);
        _chars = _texts.GetAlternateLookup<ReadOnlySpan<char>>();
        var numbers = values.Where(v => v.ValueKind == JsonValueKind.Number).Select(NumberOf).ToList();
        _exact = numbers.Where(n => n.IsExact).Select(n => n.Exact).ToFrozenSet();
        _approximate = [.. numbers.Where(n => !n.IsExact)];
        _true = values.Any(v => v.ValueKind == JsonValueKind.True);
        _false = values.Any(v => v.ValueKind == JsonValueKind.False);
    }

    public override RuleFailure Failure => RuleFailure.NotInSet;

    public override bool Holds(RuleRun run, in Value value)
    {
        if (value.IsText) return _chars.Contains(run.Chars(value));
        if (value.Form is ValueForm.True or ValueForm.False) return value.Form == ValueForm.True ? _true : _false;
        if (!value.IsNumber) return false;
        var number = Coercion.Read(value);
        return number.IsExact ? _exact.Contains(number.Exact) : Array.Exists(_approximate, n => Number.Compare(n, number) == 0);
    }

    /// <summary>A number of a configuration, as exact as a record's.</summary>
    public static Number NumberOf(JsonElement element) => NumberReader.Read(System.Text.Encoding.ASCII.GetBytes(element.GetRawText()), out _);
}
