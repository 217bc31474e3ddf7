namespace DataSync.Refine.Rules.Logic.Operators;

/// <summary>Choice and truth: <c>if</c>, <c>?:</c>, <c>and</c>, <c>or</c>, <c>!</c>, <c>!!</c>. They evaluate only what they need.</summary>
internal static class LogicalOperators
{
    public static readonly LogicOperator[] All =
    [
        new("if", operands => new IfNode(operands.All)),
        new("?:", operands => new IfNode(operands.All)),
        new("and", operands => new JunctionNode(operands.All, stopAt: false)),
        new("or", operands => new JunctionNode(operands.All, stopAt: true)),
        new("!", operands => new TruthNode(operands[0], negate: true), Reads: 1),
        new("!!", operands => new TruthNode(operands[0], negate: false), Reads: 1),
    ];
}

/// <summary>Pairs of condition and outcome, and perhaps a last outcome.</summary>
internal sealed class IfNode(LogicNode[] branches) : LogicNode
{
    public override Value Evaluate(Evaluation evaluation, in Value data)
    {
        evaluation.Charge();
        var i = 0;
        for (; i < branches.Length - 1; i += 2)
        {
            if (branches[i].Test(evaluation, data)) return branches[i + 1].Evaluate(evaluation, data);
        }

        return i < branches.Length ? branches[i].Evaluate(evaluation, data) : Value.Null;
    }
}

/// <summary>The first operand of a truth, else the last one.</summary>
internal sealed class JunctionNode(LogicNode[] operands, bool stopAt) : LogicNode
{
    public override Value Evaluate(Evaluation evaluation, in Value data)
    {
        evaluation.Charge();
        var current = Value.Undefined;
        foreach (var operand in operands)
        {
            current = operand.Evaluate(evaluation, data);
            if (Coercion.IsTruthy(current) == stopAt) return current;
        }

        return current;
    }

    public override bool Test(Evaluation evaluation, in Value data)
    {
        evaluation.Charge();
        foreach (var operand in operands)
        {
            if (operand.Test(evaluation, data) == stopAt) return stopAt;
        }

        return operands.Length > 0 && !stopAt;
    }
}

internal sealed class TruthNode(LogicNode operand, bool negate) : LogicNode
{
    public override Value Evaluate(Evaluation evaluation, in Value data) => Value.Of(Test(evaluation, data));

    public override bool Test(Evaluation evaluation, in Value data)
    {
        evaluation.Charge();
        return operand.Test(evaluation, data) != negate;
    }
}
