using System.Globalization;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;

namespace DataSync.Tests.Properties;

/// <summary>Records and rules that hit, miss and fail.</summary>
internal static class RuleGenerators
{
    /// <summary>The members of a document, each of which may be absent.</summary>
    public static IReadOnlyList<string> Fields { get; } = ["a", "b", "数量", "amount", "n😀"];

    private static readonly Gen<string> Values = Gen.OneOf(
        ArbMap.Default.GeneratorFor<long>().Select(n => n.ToString(CultureInfo.InvariantCulture)),
        Gen.Choose(-5, 5).Select(n => n.ToString(CultureInfo.InvariantCulture)),
        Gen.Elements(long.MaxValue, long.MinValue, 9007199254740993).Select(n => n.ToString(CultureInfo.InvariantCulture)),
        ArbMap.Default.GeneratorFor<NonNull<string>>().Select(s => JsonSerializer.Serialize($"s{s.Get}")),
        Gen.Elements("null", "\"\"", "\"42\"", "\"-7\"", "\"4x\"", "\"\\u0000\"", "\"\\ud83d\\ude00\\/\"", $"\"{new string('x', 70_000)}\""),
        Gen.Elements("""{"deep":[[[{"x":1.50}]]]}""", "[]", "{}"));

    public static Gen<string> Document { get; } =
        from values in Values.ListOf(Fields.Count)
        from present in ArbMap.Default.GeneratorFor<bool>().ListOf(Fields.Count)
        select $"{{{string.Join(",", Fields.Zip(values, present).Where(f => f.Third).Select(f => $"{JsonSerializer.Serialize(f.First)}:{f.Second}"))}}}";

    private static readonly Gen<ModelAction> Action =
        from kind in Gen.Elements("set", "copy", "remove", "rename", "cast", "cast", "tag", "reject")
        from field in Gen.Elements(Fields.AsEnumerable())
        from other in Gen.Elements(Fields.AsEnumerable())
        from number in Gen.Choose(-9, 9)
        select new ModelAction(kind, field, other, number);

    private static readonly Gen<ModelRule> Rule =
        from field in Gen.Elements(Fields.AsEnumerable())
        from comparison in Gen.Elements(">", "<", ">=", "<=", "===", "!==")
        from bound in Gen.OneOf(Gen.Choose(-5, 5).Select(n => (long)n), Gen.Constant(9007199254740992))
        from actions in Action.ListOf()
        from first in Action
        from keeps in ArbMap.Default.GeneratorFor<bool>()
        select new ModelRule("", field, comparison, bound, [first, .. actions.Take(4)], keeps);

    public static Gen<IReadOnlyList<ModelRule>> Rules { get; } =
        from rules in Rule.ListOf()
        from first in Rule
        select (IReadOnlyList<ModelRule>)[.. rules.Prepend(first).Take(6).Select((rule, i) => rule with { Id = $"rule-{i}" })];

    /// <summary>Actions that fail on every record, after one that took effect: the actions, the code and the field they fail with.</summary>
    public static Gen<(string Then, string Code, string Field)> Failing { get; } = Gen.Elements(
        ("""{"set":{"marker":"secret-payload"}},{"cast":{"marker":"integer"}}""", "SYNC_260", "marker"),
        ("""{"remove":"a"},{"set":{"x.y":{"/":[1,0]}}}""", "SYNC_264", "x.y"),
        ("""{"set":{"a":"secret-payload"}},{"set":{"a.b":1}}""", "SYNC_265", "a.b"),
        ("""{"tag":"t"},{"set":{"z":{"missing_some":[1,null]}}}""", "SYNC_266", "z"));
}
