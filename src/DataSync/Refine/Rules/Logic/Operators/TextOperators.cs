using System.Text;
using DataSync.Refine.Rules.Records;

namespace DataSync.Refine.Rules.Logic.Operators;

/// <summary>Texts: <c>in</c> (also for arrays), <c>cat</c>, <c>substr</c>. Positions count UTF-16 units, as in JavaScript.</summary>
internal static class TextOperators
{
    public static readonly LogicOperator[] All =
    [
        new("in", operands => new InNode(operands[0], operands[1]), Reads: 2),
        new("cat", operands => new CatNode(operands.All)),
        new("substr", operands => new SubstrNode(operands), Reads: 3),
    ];
}

internal sealed class InNode(LogicNode needle, LogicNode haystack) : LogicNode
{
    public override Value Evaluate(Evaluation evaluation, in Value data) => Value.Of(Test(evaluation, data));

    public override bool Test(Evaluation evaluation, in Value data)
    {
        evaluation.Charge();
        var sought = needle.Evaluate(evaluation, data);
        var place = haystack.Evaluate(evaluation, data);
        if (place.IsArray) return Contains(evaluation, place, sought);
        if (!place.IsText || !Coercion.IsTruthy(place)) return false;
        var text = Coercion.ToText(evaluation, place);
        evaluation.ChargeBytes(text.Length);
        return text.Contains(Coercion.ToText(evaluation, sought), StringComparison.Ordinal);
    }

    private static bool Contains(Evaluation evaluation, in Value array, in Value sought)
    {
        var elements = new ArrayCursor(evaluation, array);
        while (elements.MoveNext(out var element))
        {
            if (Comparison.StrictEquals(element, sought)) return true;
        }

        return false;
    }
}

internal sealed class CatNode(LogicNode[] operands) : LogicNode
{
    public override Value Evaluate(Evaluation evaluation, in Value data)
    {
        evaluation.Charge();
        var text = new StringBuilder();
        foreach (var operand in operands) Coercion.AppendTo(evaluation, operand.Evaluate(evaluation, data), text);
        return Value.Of(text.ToString());
    }
}

/// <summary>A part of a text: from a start, which counts from the end where it is negative, for a length or up to a negative distance from the end.</summary>
internal sealed class SubstrNode(Operands operands) : LogicNode
{
    private readonly LogicNode _source = operands[0];
    private readonly LogicNode _start = operands[1];
    private readonly LogicNode _end = operands[2];

    public override Value Evaluate(Evaluation evaluation, in Value data)
    {
        evaluation.Charge();
        var text = Coercion.ToText(evaluation, _source.Evaluate(evaluation, data));
        var start = Integer(Coercion.ToNumber(evaluation, _start.Evaluate(evaluation, data)));
        var end = _end.Evaluate(evaluation, data);
        evaluation.ChargeBytes(text.Length);
        if (Comparison.Order(evaluation, end, Value.Of(0)) >= 0) return Value.Of(Cut(text, start, Integer(Coercion.ToNumber(evaluation, end))));
        var rest = Cut(text, start, text.Length);
        if (end.Form == ValueForm.Undefined) return Value.Of(rest);
        var number = Coercion.ToNumber(evaluation, end);
        if (number.IsNaN) return Value.Of("");
        // JavaScript adds a number but glues a text: "5" + "-1" is no number, and so no length.
        return Value.Of(end.IsNumber ? Cut(rest, 0, Integer(Number.Add(Value.Of(rest.Length).Number, number))) : "");
    }

    private static double Integer(in Number number) => number.IsNaN ? 0 : Math.Truncate(number.ToDouble());

    private static string Cut(string text, double start, double length)
    {
        var from = (int)(start < 0 ? Math.Max(text.Length + start, 0) : Math.Min(start, text.Length));
        var count = (int)Math.Clamp(length, 0, text.Length - from);
        return text.Substring(from, count);
    }
}
