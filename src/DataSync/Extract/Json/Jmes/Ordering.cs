using System.Numerics;
using System.Text;
using System.Text.Json;

namespace DataSync.Extract.Json.Jmes;

/// <summary>Orders a list: numbers by their value, strings by their code points. What is neither, or both, has no order.</summary>
internal static class Ordering
{
    public static JmesValue Sort(Call call, bool byReference)
    {
        var keyed = Keyed(call, byReference);
        call.Evaluation.Spend(keyed.Count * BitOperations.Log2((uint)keyed.Count + 1));
        return new JmesValue(keyed.OrderBy(k => k.Key, Comparer<Key>.Create(Key.Compare)).Select(k => k.Value).ToList());
    }

    /// <summary>The greatest or the least, the first of equal ones; null of an empty list.</summary>
    public static JmesValue Extreme(Call call, bool byReference, int sign)
    {
        var keyed = Keyed(call, byReference);
        if (keyed.Count == 0) return JmesValue.Null;
        var best = keyed[0];
        foreach (var other in keyed)
        {
            if (Key.Compare(other.Key, best.Key) * sign > 0) best = other;
        }

        return best.Value;
    }

    private static List<(Key Key, JmesValue Value)> Keyed(Call call, bool byReference)
    {
        List<(Key Key, JmesValue Value)> keyed = [];
        foreach (var element in call.First.Elements())
        {
            call.Evaluation.Hold(2);
            var key = byReference ? call.Refer(1, element) : element;
            if (key.Kind is not (JsonValueKind.Number or JsonValueKind.String)) throw call.Wrong();
            keyed.Add((key.Kind == JsonValueKind.Number ? new Key(ExactNumber.Of(key), null) : new Key(default, Encoding.UTF8.GetBytes(key.Text())), element));
            if (keyed[0].Key.IsNumber != keyed[^1].Key.IsNumber) throw call.Wrong();
        }

        return keyed;
    }

    private readonly record struct Key(ExactNumber Number, byte[]? Text)
    {
        public bool IsNumber => Text is null;

        public static int Compare(Key a, Key b) => a.Text is null ? ExactNumber.Compare(a.Number, b.Number) : a.Text.AsSpan().SequenceCompareTo(b.Text);
    }
}
