namespace DataSync.Refine.Rules.Logic;

/// <summary>An operator.</summary>
/// <param name="Name">As it stands in an expression.</param>
/// <param name="Make">Makes its node.</param>
/// <param name="MinOperands">How many operands it cannot do without.</param>
/// <param name="Reads">How many operands it looks at; any beyond are evaluated all the same, and may fail.</param>
internal sealed record LogicOperator(string Name, Func<Operands, LogicNode> Make, int MinOperands = 0, int Reads = int.MaxValue)
{
    public LogicNode Compile(LogicNode[] operands)
    {
        var node = Make(new Operands(operands));
        return operands.Length > Reads && !Array.TrueForAll(operands[Reads..], extra => extra is ConstantNode)
            ? new SurplusNode(node, operands[Reads..])
            : node;
    }
}

/// <summary>An operator with operands it does not look at.</summary>
internal sealed class SurplusNode(LogicNode node, LogicNode[] surplus) : LogicNode
{
    public override Value Evaluate(Evaluation evaluation, in Value data)
    {
        var value = node.Evaluate(evaluation, data);
        foreach (var extra in surplus) extra.Evaluate(evaluation, data);
        return value;
    }
}

/// <summary>The compiled operands of an operator. One that was not given is JavaScript's <c>undefined</c>.</summary>
internal readonly struct Operands(LogicNode[] nodes)
{
    private static readonly ConstantNode Missing = new(Value.Undefined);

    public LogicNode[] All => nodes;

    public int Count => nodes.Length;

    public LogicNode this[int index] => index < nodes.Length ? nodes[index] : Missing;
}
