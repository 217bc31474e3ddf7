using System.Runtime.InteropServices;
using System.Text.Json;

namespace DataSync.Pipeline.Documents.Schemas.Checks;

/// <summary>A bound.</summary>
/// <param name="bound">A number.</param>
/// <param name="isIn">Given how a number compares to the bound.</param>
internal sealed class BoundCheck(JsonElement bound, Func<int, bool> isIn) : SchemaCheck
{
    private readonly byte[] _bound = [.. JsonMarshal.GetRawUtf8Value(bound)];

    public override bool Passes(JsonElement value, SchemaEvaluation evaluation)
        => value.ValueKind != JsonValueKind.Number || (evaluation.SpendBytes(JsonMarshal.GetRawUtf8Value(value).Length) && isIn(JsonNumber.Compare(new JsonNumber(value), new JsonNumber(_bound))));
}

/// <summary><c>multipleOf</c>.</summary>
internal sealed class MultipleCheck(JsonElement unit) : SchemaCheck
{
    /// <summary>Digits that take as long to divide as a look at a value takes.</summary>
    private const int DigitsPerStep = 2;

    private readonly byte[] _unit = [.. JsonMarshal.GetRawUtf8Value(unit)];

    public override bool Passes(JsonElement value, SchemaEvaluation evaluation)
        => value.ValueKind != JsonValueKind.Number || (evaluation.Spend(JsonMarshal.GetRawUtf8Value(value).Length / DigitsPerStep) && new JsonNumber(value).IsMultipleOf(new JsonNumber(_unit)));
}
