namespace DataSync.Refine.Rules.Logic;

/// <summary>An operator: its name, how many operands it cannot do without, and the node it compiles to.</summary>
internal sealed record LogicOperator(string Name, Func<Operands, LogicNode> Compile, int MinOperands = 0);

/// <summary>The compiled operands of an operator. One that was not given is JavaScript's <c>undefined</c>.</summary>
internal readonly struct Operands(LogicNode[] nodes)
{
    private static readonly ConstantNode Missing = new(Value.Undefined);

    public LogicNode[] All => nodes;

    public int Count => nodes.Length;

    public LogicNode this[int index] => index < nodes.Length ? nodes[index] : Missing;
}
