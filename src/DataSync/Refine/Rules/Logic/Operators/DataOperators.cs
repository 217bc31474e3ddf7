using DataSync.Refine.Rules.Records;

namespace DataSync.Refine.Rules.Logic.Operators;

/// <summary>Reading data: <c>var</c>, <c>missing</c>, <c>missing_some</c>, and <c>log</c>, which only passes its value on.</summary>
internal static class DataOperators
{
    public static readonly LogicOperator[] All =
    [
        new("var", Var),
        new("missing", operands => new MissingNode(operands.All)),
        new("missing_some", operands => new MissingSomeNode(operands[0], operands[1]), MinOperands: 2),
        new("log", operands => operands[0]),
    ];

    private static LogicNode Var(Operands operands)
    {
        if (operands[0] is not ConstantNode { Value: var name }) return new ComputedVarNode(operands[0], operands[1]);
        if (name.IsNothing || name is { Form: ValueForm.Text, Text: "" }) return new WholeDataNode();
        return name.IsObject || name.IsArray
            ? new ComputedVarNode(operands[0], operands[1])
            : new VarNode(new FieldPath(Coercion.ToText(new Evaluation(), name)), operands[1]);
    }
}

/// <summary>A field whose name is known.</summary>
internal sealed class VarNode(FieldPath path, LogicNode otherwise) : LogicNode
{
    public override Value Evaluate(Evaluation evaluation, in Value data)
    {
        evaluation.Charge();
        if (evaluation.TryFind(data, path, out var found)) return found;
        var fallback = otherwise.Evaluate(evaluation, data);
        return fallback.Form == ValueForm.Undefined ? Value.Null : fallback;
    }
}

/// <summary>All of the data.</summary>
internal sealed class WholeDataNode : LogicNode
{
    public override Value Evaluate(Evaluation evaluation, in Value data) => data;
}

/// <summary>A field whose name an expression computes.</summary>
internal sealed class ComputedVarNode(LogicNode name, LogicNode otherwise) : LogicNode
{
    public override Value Evaluate(Evaluation evaluation, in Value data)
    {
        evaluation.Charge();
        return Find(evaluation, data, name.Evaluate(evaluation, data), otherwise.Evaluate(evaluation, data));
    }

    public static Value Find(Evaluation evaluation, in Value data, in Value name, in Value otherwise)
    {
        if (name.IsNothing) return data;
        var text = Coercion.ToText(evaluation, name);
        if (text.Length == 0) return data;
        evaluation.Charge(text.Length);
        if (evaluation.TryFind(data, new FieldPath(text), out var found)) return found;
        return otherwise.Form == ValueForm.Undefined ? Value.Null : otherwise;
    }
}

/// <summary>The names that lead to nothing, null or an empty text.</summary>
internal sealed class MissingNode(LogicNode[] names) : LogicNode
{
    public override Value Evaluate(Evaluation evaluation, in Value data)
    {
        evaluation.Charge();
        if (names.Length == 0) return Value.EmptyArray;
        var first = names[0].Evaluate(evaluation, data);
        if (first.IsArray) return Find(evaluation, data, first);
        var keys = new Value[names.Length];
        keys[0] = first;
        for (var i = 1; i < names.Length; i++) keys[i] = names[i].Evaluate(evaluation, data);
        return Find(evaluation, data, Value.Of(keys));
    }

    public static Value Find(Evaluation evaluation, in Value data, in Value keys)
    {
        var missing = new List<Value>();
        var cursor = new ArrayCursor(evaluation, keys);
        while (cursor.MoveNext(out var key))
        {
            var value = Look(evaluation, data, key);
            if (value.Form == ValueForm.Null || value is { Form: ValueForm.Text, Text: "" } or { Form: ValueForm.RawText, RawLength: 2 }) missing.Add(key);
        }

        return Value.Of([.. missing]);
    }

    /// <summary>A key that is itself a list means a name and a default, because that is what <c>var</c> makes of it.</summary>
    private static Value Look(Evaluation evaluation, in Value data, in Value key)
    {
        if (!key.IsArray) return ComputedVarNode.Find(evaluation, data, key, Value.Undefined);
        var parts = new ArrayCursor(evaluation, key);
        parts.MoveNext(out var name);
        parts.MoveNext(out var otherwise);
        return ComputedVarNode.Find(evaluation, data, name, otherwise);
    }
}

/// <summary>The missing names, or none where enough are there.</summary>
internal sealed class MissingSomeNode(LogicNode needed, LogicNode options) : LogicNode
{
    public override Value Evaluate(Evaluation evaluation, in Value data)
    {
        evaluation.Charge();
        var need = needed.Evaluate(evaluation, data);
        var names = options.Evaluate(evaluation, data);
        if (names.IsNothing) throw new RuleFailureException(RuleFailure.BadOperand);
        var missing = MissingNode.Find(evaluation, data, Keys(evaluation, names));
        int? count = names.IsArray ? RawJson.CountElements(evaluation, names)
            : names.IsText ? Coercion.ToText(evaluation, names).Length
            : null;
        if (count is not { } total) return missing;
        return Comparison.Order(evaluation, Value.Of(total - missing.Items.Length), need) >= 0 ? Value.EmptyArray : missing;
    }

    private static Value Keys(Evaluation evaluation, in Value names)
    {
        if (!names.IsArray) return Value.Of([names]);
        var cursor = new ArrayCursor(evaluation, names);
        return cursor.MoveNext(out var first) && first.IsArray ? first : names;
    }
}
