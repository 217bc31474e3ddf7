using System.Text.Json;

namespace DataSync.Extract.Json.Jmes;

/// <summary>Whether two values are one: numbers by their value to the last digit, objects whatever their order.</summary>
internal static class Equality
{
    private const int Deepest = 500;

    public static bool AreEqual(in JmesValue a, in JmesValue b, Evaluation evaluation, int depth = 0)
    {
        if (depth > Deepest) throw new JmesFaultException(null); // a document may be nested deeper than a thread's stack is
        evaluation.Spend(1);
        if (a.IsNull || b.IsNull) return a.IsNull && b.IsNull;
        if (a.Kind != b.Kind) return false;
        return a.Kind switch
        {
            JsonValueKind.Number => ExactNumber.Compare(a, b) == 0,
            JsonValueKind.String => string.Equals(a.Text(), b.Text(), StringComparison.Ordinal),
            JsonValueKind.Array => a.Length == b.Length && AreEqualLists(a, b, evaluation, depth + 1),
            JsonValueKind.Object => a.Length == b.Length && AreEqualObjects(a, b, evaluation, depth + 1),
            _ => true,
        };
    }

    private static bool AreEqualLists(in JmesValue a, in JmesValue b, Evaluation evaluation, int depth)
    {
        foreach (var (left, right) in a.Elements().Zip(b.Elements()))
        {
            if (!AreEqual(left, right, evaluation, depth)) return false;
        }

        return true;
    }

    private static bool AreEqualObjects(in JmesValue a, in JmesValue b, Evaluation evaluation, int depth)
    {
        evaluation.Hold(b.Length);
        var others = new Dictionary<string, JmesValue>(StringComparer.Ordinal);
        foreach (var (name, value) in b.Members()) others[name] = value;
        foreach (var (name, value) in a.Members())
        {
            if (!others.TryGetValue(name, out var other) || !AreEqual(value, other, evaluation, depth)) return false;
        }

        return true;
    }
}
