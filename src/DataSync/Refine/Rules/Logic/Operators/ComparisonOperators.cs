namespace DataSync.Refine.Rules.Logic.Operators;

/// <summary>Equality and order; <c>&lt;</c> and <c>&lt;=</c> take a third operand for "between".</summary>
internal static class ComparisonOperators
{
    public static readonly LogicOperator[] All =
    [
        new("==", operands => new EqualityNode(operands, isStrict: false, negate: false), Reads: 2),
        new("!=", operands => new EqualityNode(operands, isStrict: false, negate: true), Reads: 2),
        new("===", operands => new EqualityNode(operands, isStrict: true, negate: false), Reads: 2),
        new("!==", operands => new EqualityNode(operands, isStrict: true, negate: true), Reads: 2),
        new(">", operands => new OrderNode(operands[0], operands[1], sign: 1, orEqual: false), Reads: 2),
        new(">=", operands => new OrderNode(operands[0], operands[1], sign: 1, orEqual: true), Reads: 2),
        new("<", operands => Below(operands, orEqual: false), Reads: 3),
        new("<=", operands => Below(operands, orEqual: true), Reads: 3),
    ];

    private static LogicNode Below(Operands operands, bool orEqual)
        => operands.Count < 3 ? new OrderNode(operands[0], operands[1], sign: -1, orEqual) : new BetweenNode(operands, orEqual);
}

internal sealed class EqualityNode(Operands operands, bool isStrict, bool negate) : LogicNode
{
    private readonly LogicNode _left = operands[0];
    private readonly LogicNode _right = operands[1];

    public override Value Evaluate(Evaluation evaluation, in Value data) => Value.Of(Test(evaluation, data));

    public override bool Test(Evaluation evaluation, in Value data)
    {
        evaluation.Charge();
        var left = _left.Evaluate(evaluation, data);
        var right = _right.Evaluate(evaluation, data);
        var equal = isStrict ? Comparison.StrictEquals(left, right) : Comparison.LooseEquals(evaluation, left, right);
        return equal != negate;
    }
}

internal sealed class OrderNode(LogicNode first, LogicNode second, int sign, bool orEqual) : LogicNode
{
    public override Value Evaluate(Evaluation evaluation, in Value data) => Value.Of(Test(evaluation, data));

    public override bool Test(Evaluation evaluation, in Value data)
    {
        evaluation.Charge();
        var left = first.Evaluate(evaluation, data);
        return Holds(Comparison.Order(evaluation, left, second.Evaluate(evaluation, data)), sign, orEqual);
    }

    public static bool Holds(int? order, int sign, bool orEqual) => order is { } known && (known == 0 ? orEqual : known > 0 == sign > 0);
}

internal sealed class BetweenNode(Operands operands, bool orEqual) : LogicNode
{
    private readonly LogicNode _low = operands[0];
    private readonly LogicNode _middle = operands[1];
    private readonly LogicNode _high = operands[2];

    public override Value Evaluate(Evaluation evaluation, in Value data)
    {
        evaluation.Charge();
        var middle = _middle.Evaluate(evaluation, data);
        var high = _high.Evaluate(evaluation, data);
        if (!OrderNode.Holds(Comparison.Order(evaluation, _low.Evaluate(evaluation, data), middle), -1, orEqual)) return Value.Of(false);
        return Value.Of(high.Form == ValueForm.Undefined || OrderNode.Holds(Comparison.Order(evaluation, middle, high), -1, orEqual));
    }
}
