namespace DataSync.Refine.Rules.Logic;

/// <summary>A piece of a compiled expression. Holds nothing of a record, so one tree serves all.</summary>
internal abstract class LogicNode
{
    /// <summary>Its value for some data: the record, or what <c>map</c> and its like show.</summary>
    public abstract Value Evaluate(Evaluation evaluation, in Value data);

    /// <summary>Whether its value is a truth: at the same cost in steps, without making the value where nobody needs it.</summary>
    public virtual bool Test(Evaluation evaluation, in Value data) => Coercion.IsTruthy(Evaluate(evaluation, data));
}

/// <summary>A literal.</summary>
internal sealed class ConstantNode(Value value) : LogicNode
{
    public Value Value { get; } = value;

    public override Value Evaluate(Evaluation evaluation, in Value data) => Value;
}

/// <summary>A list whose elements are computed.</summary>
internal sealed class ListNode(LogicNode[] items) : LogicNode
{
    public override Value Evaluate(Evaluation evaluation, in Value data)
    {
        evaluation.Charge(items.Length);
        var values = new Value[items.Length];
        for (var i = 0; i < items.Length; i++) values[i] = items[i].Evaluate(evaluation, data);
        return Value.Of(values);
    }
}
