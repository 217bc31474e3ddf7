using System.Collections.Frozen;
using DataSync.Refine.Rules.Logic;

namespace DataSync.Refine.Rules.Actions;

/// <summary>Converts a value that is not null; null where it cannot be converted without loss.</summary>
internal delegate Value? Cast(Evaluation evaluation, in Value value);

/// <summary>The types a field can be cast to.</summary>
internal static class Casts
{
    private static readonly FrozenDictionary<string, Cast> ByName = new Dictionary<string, Cast>(StringComparer.Ordinal)
    {
        ["string"] = TextCasts.ToText,
        ["json"] = TextCasts.ToJson,
        ["boolean"] = TextCasts.ToBoolean,
        ["integer"] = NumberCasts.ToInteger,
        ["number"] = NumberCasts.ToNumber,
        ["decimal"] = NumberCasts.ToDecimal,
        ["date"] = DateCasts.ToDate,
        ["datetime"] = DateCasts.ToDateTime,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static IEnumerable<string> Names => ByName.Keys.Order(StringComparer.Ordinal);

    public static Cast? Find(string name) => ByName.GetValueOrDefault(name);
}
