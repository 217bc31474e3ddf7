using DataSync.Refine.Rules.Records;

namespace DataSync.Refine.Rules.Logic.Operators;

/// <summary>Arrays. Inside <c>map</c> and its like the element is all the data; what is not an array counts as an empty one.</summary>
internal static class ArrayOperators
{
    public static readonly LogicOperator[] All =
    [
        new("map", operands => new MapNode(operands[0], operands[1])),
        new("filter", operands => new FilterNode(operands[0], operands[1])),
        new("reduce", operands => new ReduceNode(operands)),
        new("all", operands => new QuantifierNode(operands, stopAt: false, stopped: false, exhausted: true, empty: false)),
        new("some", operands => new QuantifierNode(operands, stopAt: true, stopped: true, exhausted: false, empty: false)),
        new("none", operands => new QuantifierNode(operands, stopAt: true, stopped: false, exhausted: true, empty: true)),
        new("merge", operands => new MergeNode(operands.All)),
    ];
}

internal sealed class MapNode(LogicNode source, LogicNode mapping) : LogicNode
{
    public override Value Evaluate(Evaluation evaluation, in Value data)
    {
        var array = source.Evaluate(evaluation, data);
        if (!array.IsArray) return Value.EmptyArray;
        var mapped = new List<Value>();
        var elements = new ArrayCursor(evaluation, array);
        while (elements.MoveNext(out var element)) mapped.Add(mapping.Evaluate(evaluation, element));
        return Value.Of(mapped);
    }
}

internal sealed class FilterNode(LogicNode source, LogicNode condition) : LogicNode
{
    public override Value Evaluate(Evaluation evaluation, in Value data)
    {
        var array = source.Evaluate(evaluation, data);
        if (!array.IsArray) return Value.EmptyArray;
        var kept = new List<Value>();
        var elements = new ArrayCursor(evaluation, array);
        while (elements.MoveNext(out var element))
        {
            if (condition.Test(evaluation, element)) kept.Add(element);
        }

        return Value.Of(kept);
    }
}

internal sealed class ReduceNode(Operands operands) : LogicNode
{
    private readonly LogicNode _source = operands[0];
    private readonly LogicNode _step = operands[1];
    private readonly LogicNode? _initial = operands.Count > 2 ? operands[2] : null;

    public override Value Evaluate(Evaluation evaluation, in Value data)
    {
        var array = _source.Evaluate(evaluation, data);
        var accumulator = _initial?.Evaluate(evaluation, data) ?? Value.Null;
        if (!array.IsArray) return accumulator;
        var elements = new ArrayCursor(evaluation, array);
        while (elements.MoveNext(out var element)) accumulator = _step.Evaluate(evaluation, Value.Of(new ReduceScope(element, accumulator)));
        return accumulator;
    }
}

/// <summary><c>all</c>, <c>some</c>, <c>none</c>: goes through an array until the condition turns out one way.</summary>
internal sealed class QuantifierNode(Operands operands, bool stopAt, bool stopped, bool exhausted, bool empty) : LogicNode
{
    private readonly LogicNode _source = operands[0];
    private readonly LogicNode _condition = operands[1];

    public override Value Evaluate(Evaluation evaluation, in Value data)
    {
        var array = _source.Evaluate(evaluation, data);
        if (!Coercion.IsTruthy(array) || !array.IsArray) return Value.Of(empty);
        var elements = new ArrayCursor(evaluation, array);
        while (elements.MoveNext(out var element))
        {
            if (_condition.Test(evaluation, element) == stopAt) return Value.Of(stopped);
        }

        return Value.Of(exhausted);
    }
}

internal sealed class MergeNode(LogicNode[] operands) : LogicNode
{
    public override Value Evaluate(Evaluation evaluation, in Value data)
    {
        evaluation.Charge();
        var merged = new List<Value>();
        foreach (var operand in operands)
        {
            var value = operand.Evaluate(evaluation, data);
            if (!value.IsArray)
            {
                merged.Add(value);
                continue;
            }

            var elements = new ArrayCursor(evaluation, value);
            while (elements.MoveNext(out var element)) merged.Add(element);
        }

        return Value.Of(merged);
    }
}
