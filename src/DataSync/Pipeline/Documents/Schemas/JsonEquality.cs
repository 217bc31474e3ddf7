using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace DataSync.Pipeline.Documents.Schemas;

/// <summary>Whether two JSON values are one: numbers by their value to the last digit, texts by what they say, objects whatever their order.</summary>
internal static class JsonEquality
{
    public static bool AreEqual(JsonElement a, JsonElement b, SchemaEvaluation evaluation)
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack()) return evaluation.GiveUp();
        if (a.ValueKind != b.ValueKind || !evaluation.Spend(1) || !SpendBytes(a, evaluation)) return false;
        return a.ValueKind switch
        {
            JsonValueKind.Number => JsonNumber.Compare(new JsonNumber(a), new JsonNumber(b)) == 0,
            JsonValueKind.String => AreEqualTexts(JsonMarshal.GetRawUtf8Value(a)[1..^1], JsonMarshal.GetRawUtf8Value(b)[1..^1]),
            JsonValueKind.Array => AreEqualLists(a, b, evaluation),
            JsonValueKind.Object => AreEqualObjects(a, b, evaluation),
            _ => true,
        };
    }

    /// <summary>The same for values that are equal; another in each process, so that nobody makes values of one hash.</summary>
    public static int HashOf(JsonElement value, SchemaEvaluation evaluation)
    {
        var hash = new HashCode();
        hash.Add(value.ValueKind);
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack()) evaluation.GiveUp();
        if (!evaluation.Spend(1) || !SpendBytes(value, evaluation)) return 0;
        switch (value.ValueKind)
        {
            case JsonValueKind.Number:
                new JsonNumber(value).AddTo(ref hash);
                break;
            case JsonValueKind.String:
                hash.Add(HashOf(JsonMarshal.GetRawUtf8Value(value)[1..^1]));
                break;
            case JsonValueKind.Array:
                foreach (var item in value.EnumerateArray()) hash.Add(HashOf(item, evaluation));
                break;
            case JsonValueKind.Object:
                var members = 0;
                foreach (var member in value.EnumerateObject()) members += HashCode.Combine(HashOf(JsonMarshal.GetRawUtf8PropertyName(member)), HashOf(member.Value, evaluation));
                hash.Add(members);
                break;
        }

        return hash.ToHashCode();
    }

    /// <summary>Of what has nothing inside, which pays for itself.</summary>
    private static bool SpendBytes(JsonElement value, SchemaEvaluation evaluation)
        => value.ValueKind is not (JsonValueKind.String or JsonValueKind.Number) || evaluation.SpendBytes(JsonMarshal.GetRawUtf8Value(value).Length);

    private static int HashOf(ReadOnlySpan<byte> raw)
    {
        using var text = new JsonText(raw, stackalloc char[128]);
        return string.GetHashCode(text.Span, StringComparison.Ordinal);
    }

    private static bool AreEqualTexts(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        if (!a.Contains((byte)'\\') && !b.Contains((byte)'\\')) return a.SequenceEqual(b);
        using var one = new JsonText(a, stackalloc char[128]);
        using var other = new JsonText(b, stackalloc char[128]);
        return one.Span.SequenceEqual(other.Span);
    }

    private static bool AreEqualLists(JsonElement a, JsonElement b, SchemaEvaluation evaluation)
    {
        if (a.GetArrayLength() != b.GetArrayLength()) return false;
        var others = b.EnumerateArray();
        foreach (var item in a.EnumerateArray())
        {
            others.MoveNext();
            if (!AreEqual(item, others.Current, evaluation)) return false;
        }

        return true;
    }

    /// <summary>Member by member where they come in one order, which is usual; else by name.</summary>
    private static bool AreEqualObjects(JsonElement a, JsonElement b, SchemaEvaluation evaluation)
    {
        var count = a.GetPropertyCount();
        if (count != b.GetPropertyCount()) return false;
        Dictionary<string, JsonElement>? byName = null;
        var others = b.EnumerateObject();
        foreach (var member in a.EnumerateObject())
        {
            others.MoveNext();
            var other = others.Current.Value;
            if (byName is not null || !AreEqualTexts(JsonMarshal.GetRawUtf8PropertyName(member), JsonMarshal.GetRawUtf8PropertyName(others.Current)))
            {
                byName ??= ByName(b);
                using var name = new JsonText(JsonMarshal.GetRawUtf8PropertyName(member), []);
                if (!evaluation.Spend(1) || !byName.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name.Span, out other)) return false;
            }

            if (!AreEqual(member.Value, other, evaluation)) return false;
        }

        return true;
    }

    private static Dictionary<string, JsonElement> ByName(JsonElement value)
    {
        var members = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var member in value.EnumerateObject())
        {
            using var name = new JsonText(JsonMarshal.GetRawUtf8PropertyName(member), []);
            members[name.Span.ToString()] = member.Value;
        }

        return members;
    }
}
