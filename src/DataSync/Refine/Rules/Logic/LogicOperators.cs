using System.Collections.Frozen;
using DataSync.Refine.Rules.Logic.Operators;

namespace DataSync.Refine.Rules.Logic;

/// <summary>
/// Every operator by name. A family of operators is a file in Operators/; operators beyond JsonLogic's standard
/// belong into a family of their own, added here.
/// </summary>
internal static class LogicOperators
{
    private static readonly FrozenDictionary<string, LogicOperator> ByName =
        new[] { DataOperators.All, LogicalOperators.All, ComparisonOperators.All, ArithmeticOperators.All, ArrayOperators.All, TextOperators.All }
            .SelectMany(family => family).ToFrozenDictionary(op => op.Name, StringComparer.Ordinal);

    public static IEnumerable<string> Names => ByName.Keys;

    public static LogicOperator? Find(string name) => ByName.GetValueOrDefault(name);
}
