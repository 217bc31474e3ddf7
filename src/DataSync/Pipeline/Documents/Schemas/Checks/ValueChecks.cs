using System.Runtime.InteropServices;
using System.Text.Json;

namespace DataSync.Pipeline.Documents.Schemas.Checks;

/// <summary><c>type</c>: a number is an integer by its value, as 1.0 and 1e2 are.</summary>
internal sealed class TypeCheck(string[] names) : SchemaCheck
{
    private readonly HashSet<JsonValueKind> _kinds = [.. names.SelectMany(KindsOf)];
    private readonly bool _integers = names.Contains("integer", StringComparer.Ordinal);

    public override bool Passes(JsonElement value, SchemaEvaluation evaluation)
        => _kinds.Contains(value.ValueKind) || (_integers && value.ValueKind == JsonValueKind.Number && evaluation.SpendBytes(JsonMarshal.GetRawUtf8Value(value).Length) && new JsonNumber(value).IsWhole);

    private static JsonValueKind[] KindsOf(string name) => name switch
    {
        "array" => [JsonValueKind.Array],
        "boolean" => [JsonValueKind.True, JsonValueKind.False],
        "null" => [JsonValueKind.Null],
        "number" => [JsonValueKind.Number],
        "object" => [JsonValueKind.Object],
        "string" => [JsonValueKind.String],
        _ => [],
    };
}

/// <summary><c>enum</c> and <c>const</c>: values that are equal as JSON, numbers by their value and objects in any order.</summary>
internal sealed class EnumCheck : SchemaCheck
{
    private readonly JsonElement[] _values;

    public EnumCheck(IEnumerable<JsonElement> values) => _values = [.. values.Select(v => v.Clone())];

    public override bool Passes(JsonElement value, SchemaEvaluation evaluation)
    {
        foreach (var one in _values)
        {
            if (!evaluation.Spend(1)) return false;
            if (JsonEquality.AreEqual(one, value, evaluation)) return true;
        }

        return false;
    }
}

/// <summary><c>$ref</c>: what it refers to is known once the whole schema is.</summary>
internal sealed class ReferenceCheck : SchemaCheck
{
    public SchemaNode? Target { get; set; }

    public override IEnumerable<SchemaNode> InPlace => [Target!];

    public override bool Passes(JsonElement value, SchemaEvaluation evaluation) => Target!.Passes(value, evaluation);
}
