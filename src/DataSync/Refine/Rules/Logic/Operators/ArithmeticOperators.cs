namespace DataSync.Refine.Rules.Logic.Operators;

/// <summary>Numbers. <c>+</c> and <c>*</c> read the number at the beginning of a text, the others want all of it to be one: so it is in JavaScript.</summary>
internal static class ArithmeticOperators
{
    public static readonly LogicOperator[] All =
    [
        new("+", operands => new SumNode(operands.All)),
        new("*", operands => new ProductNode(operands.All), MinOperands: 1),
        new("-", operands => new MinusNode(operands[0], operands[1]), Reads: 2),
        new("/", operands => new BinaryNumberNode(operands[0], operands[1], (a, b) => Number.Divide(a, b)), Reads: 2),
        new("%", operands => new BinaryNumberNode(operands[0], operands[1], (a, b) => Number.Remainder(a, b)), Reads: 2),
        new("max", operands => new ExtremeNode(operands.All, sign: 1)),
        new("min", operands => new ExtremeNode(operands.All, sign: -1)),
    ];
}

internal sealed class SumNode(LogicNode[] operands) : LogicNode
{
    public override Value Evaluate(Evaluation evaluation, in Value data)
    {
        evaluation.Charge();
        var sum = Number.Of(0m);
        foreach (var operand in operands) sum = Number.Add(sum, Coercion.ParseFloat(evaluation, operand.Evaluate(evaluation, data)));
        return Value.Of(sum);
    }
}

internal sealed class ProductNode(LogicNode[] operands) : LogicNode
{
    public override Value Evaluate(Evaluation evaluation, in Value data)
    {
        evaluation.Charge();
        var product = operands[0].Evaluate(evaluation, data);
        for (var i = 1; i < operands.Length; i++)
        {
            var factor = operands[i].Evaluate(evaluation, data);
            product = Value.Of(Number.Multiply(Coercion.ParseFloat(evaluation, product), Coercion.ParseFloat(evaluation, factor)));
        }

        return product;
    }
}

internal sealed class MinusNode(LogicNode first, LogicNode second) : LogicNode
{
    public override Value Evaluate(Evaluation evaluation, in Value data)
    {
        evaluation.Charge();
        var left = Coercion.ToNumber(evaluation, first.Evaluate(evaluation, data));
        var right = second.Evaluate(evaluation, data);
        return Value.Of(right.Form == ValueForm.Undefined ? Number.Negate(left) : Number.Subtract(left, Coercion.ToNumber(evaluation, right)));
    }
}

internal sealed class BinaryNumberNode(LogicNode first, LogicNode second, Func<Number, Number, Number> operation) : LogicNode
{
    public override Value Evaluate(Evaluation evaluation, in Value data)
    {
        evaluation.Charge();
        var left = Coercion.ToNumber(evaluation, first.Evaluate(evaluation, data));
        return Value.Of(operation(left, Coercion.ToNumber(evaluation, second.Evaluate(evaluation, data))));
    }
}

internal sealed class ExtremeNode(LogicNode[] operands, int sign) : LogicNode
{
    public override Value Evaluate(Evaluation evaluation, in Value data)
    {
        evaluation.Charge();
        var extreme = Number.Of(-sign * double.PositiveInfinity);
        var isNaN = false;
        foreach (var operand in operands)
        {
            var number = Coercion.ToNumber(evaluation, operand.Evaluate(evaluation, data));
            isNaN |= number.IsNaN;
            if (Number.Compare(number, extreme) is { } order && order * sign > 0) extreme = number;
        }

        return Value.Of(isNaN ? Number.NaN : extreme);
    }
}
