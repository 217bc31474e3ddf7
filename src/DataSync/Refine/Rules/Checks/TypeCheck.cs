using System.Collections.Frozen;
using DataSync.Refine.Rules.Actions;
using DataSync.Refine.Rules.Logic;

namespace DataSync.Refine.Rules.Checks;

/// <summary>Whether a value is of a type, as it stands: nothing is converted.</summary>
internal delegate bool IsOfType(Evaluation evaluation, in Value value);

/// <summary><c>type</c>: the value is of a type already. Text that could be cast to it is not.</summary>
internal sealed class TypeCheck(IsOfType type) : FieldCheck
{
    private static readonly FrozenDictionary<string, IsOfType> ByName = new Dictionary<string, IsOfType>(StringComparer.Ordinal)
    {
        ["string"] = static (Evaluation _, in Value value) => value.IsText,
        ["boolean"] = static (Evaluation _, in Value value) => value.Form is ValueForm.True or ValueForm.False,
        ["number"] = static (Evaluation _, in Value value) => value.IsNumber,
        ["integer"] = static (Evaluation evaluation, in Value value) => value.IsNumber && NumberCasts.ToInteger(evaluation, value) is not null,
        ["decimal"] = static (Evaluation evaluation, in Value value) => value.IsNumber && NumberCasts.ToDecimal(evaluation, value) is not null,
        ["date"] = static (Evaluation evaluation, in Value value) => value.IsText && DateCasts.ToDate(evaluation, value) is not null,
        ["datetime"] = static (Evaluation evaluation, in Value value) => value.IsText && DateCasts.ToDateTime(evaluation, value) is not null,
        ["object"] = static (Evaluation _, in Value value) => value.IsObject,
        ["array"] = static (Evaluation _, in Value value) => value.IsArray,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public override RuleFailure Failure => RuleFailure.WrongType;

    public static IEnumerable<string> Names => ByName.Keys.Order(StringComparer.Ordinal);

    /// <summary>The check of a type's name; null where there is no such type.</summary>
    public static TypeCheck? Of(string name) => ByName.TryGetValue(name, out var type) ? new TypeCheck(type) : null;

    public override bool Holds(RuleRun run, in Value value) => type(run.Evaluation, value);
}
