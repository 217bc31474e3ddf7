using DataSync.Refine.Rules.Records;

namespace DataSync.Refine.Rules.Logic.Operators;

/// <summary>Reading data: <c>var</c>, <c>missing</c>, <c>missing_some</c>, and <c>log</c>, which only passes its value on.</summary>
internal static class DataOperators
{
    public static readonly LogicOperator[] All =
    [
        new("var", Var, Reads: 2),
        new("missing", operands => KnownMissingNode.Of(operands.All) ?? (LogicNode)new MissingNode(operands.All)),
        new("missing_some", operands => new MissingSomeNode(operands[0], operands[1]), MinOperands: 2, Reads: 2),
        new("log", operands => operands[0], Reads: 1),
    ];

    private static LogicNode Var(Operands operands)
    {
        if (operands[0] is not ConstantNode { Value: var name }) return new ComputedVarNode(operands[0], operands[1]);
        if (name.IsNothing || name is { Form: ValueForm.Text, Text: "" }) return operands.Count > 1 ? new ComputedVarNode(operands[0], operands[1]) : new WholeDataNode();
        return name.IsObject || name.IsArray
            ? new ComputedVarNode(operands[0], operands[1])
            : VarNode.Of(new FieldPath(Coercion.ToText(new Evaluation(), name)), operands[1]);
    }
}

/// <summary>A field whose name is known.</summary>
internal sealed class VarNode : LogicNode
{
    private readonly FieldPath _path;
    private readonly Value _otherwise;

    private VarNode(FieldPath path, Value otherwise) => (_path, _otherwise) = (path, otherwise.Form == ValueForm.Undefined ? Value.Null : otherwise);

    public static LogicNode Of(FieldPath path, LogicNode otherwise) => otherwise is ConstantNode constant
        ? new VarNode(path, constant.Value)
        : new ComputedVarNode(new ConstantNode(Value.Of(path.Text)), otherwise);

    public override Value Evaluate(Evaluation evaluation, in Value data)
    {
        evaluation.Charge();
        return evaluation.TryFind(data, _path, out var found) ? found : _otherwise;
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
        // An empty list also reads as "", but only a text that is empty means the whole data.
        if (text.Length == 0 && name.IsText) return data;
        evaluation.Charge(text.Length);
        if (evaluation.TryFind(data, new FieldPath(text), out var found)) return found;
        return otherwise.Form == ValueForm.Undefined ? Value.Null : otherwise;
    }
}

/// <summary>The same as <see cref="MissingNode"/>, of names that are known.</summary>
internal sealed class KnownMissingNode : LogicNode
{
    private readonly FieldPath[] _paths;
    private readonly Value[] _names;

    private KnownMissingNode(Value[] names) => (_paths, _names) = (Array.ConvertAll(names, name => new FieldPath(name.Text)), names);

    /// <summary>Null where the names are not literal texts.</summary>
    public static KnownMissingNode? Of(LogicNode[] names)
        => names.Length > 0 && Array.TrueForAll(names, name => name is ConstantNode { Value: { Form: ValueForm.Text, Text.Length: > 0 } })
            ? new KnownMissingNode(Array.ConvertAll(names, name => ((ConstantNode)name).Value)) : null;

    public override Value Evaluate(Evaluation evaluation, in Value data)
    {
        List<Value>? missing = null;
        for (var i = 0; i < _paths.Length; i++)
        {
            if (IsMissing(evaluation, data, i)) (missing ??= []).Add(_names[i]);
        }

        evaluation.Charge(2);
        return missing is null ? Value.EmptyArray : Value.Of(missing);
    }

    public override bool Test(Evaluation evaluation, in Value data)
    {
        var any = false;
        for (var i = 0; i < _paths.Length; i++) any |= IsMissing(evaluation, data, i);
        evaluation.Charge(2);
        return any;
    }

    private bool IsMissing(Evaluation evaluation, in Value data, int index)
    {
        evaluation.Charge(_paths[index].Text.Length + 1);
        return !evaluation.TryFind(data, _paths[index], out var value) || MissingNode.IsNothing(value);
    }
}

/// <summary>The names that lead to nothing, null or an empty text.</summary>
internal sealed class MissingNode(LogicNode[] names) : LogicNode
{
    public override Value Evaluate(Evaluation evaluation, in Value data)
    {
        evaluation.Charge();
        if (names.Length == 0) return Value.EmptyArray;
        var keys = new Value[names.Length];
        for (var i = 0; i < names.Length; i++) keys[i] = names[i].Evaluate(evaluation, data);
        return Find(evaluation, data, keys[0].IsArray ? keys[0] : Value.Of(keys));
    }

    public static Value Find(Evaluation evaluation, in Value data, in Value keys)
    {
        var missing = new List<Value>();
        var cursor = new ArrayCursor(evaluation, keys);
        while (cursor.MoveNext(out var key))
        {
            var value = Look(evaluation, data, key);
            if (IsNothing(value)) missing.Add(key);
        }

        return Value.Of(missing);
    }

    /// <summary>Whether a value counts as missing.</summary>
    public static bool IsNothing(in Value value) => value.Form == ValueForm.Null || value is { Form: ValueForm.Text, Text: "" } or { Form: ValueForm.RawText, RawLength: 2 };

    /// <summary>A key that is itself a list means a name and a default, because that is what <c>var</c> makes of it.</summary>
    private static Value Look(Evaluation evaluation, in Value data, in Value key)
    {
        RefuseLogic(evaluation, key);
        if (!key.IsArray) return ComputedVarNode.Find(evaluation, data, key, Value.Undefined);
        var parts = new ArrayCursor(evaluation, key);
        parts.MoveNext(out var name);
        parts.MoveNext(out var otherwise);
        return ComputedVarNode.Find(evaluation, data, name, otherwise);
    }

    /// <summary>
    /// A name that looks like an operator comes from the record. The reference implementation would run it; data is never run here.
    /// </summary>
    public static void RefuseLogic(Evaluation evaluation, in Value name, int depth = 0)
    {
        if (depth > RuleLimits.Depth) throw new RuleFailureException(RuleFailure.TooDeep);
        if (name.Form == ValueForm.RawObject)
        {
            var members = new MemberCursor(name);
            if (members.MoveNext() && !members.MoveNext()) throw new RuleFailureException(RuleFailure.BadOperand);
        }

        if (!name.IsArray) return;
        var inner = new ArrayCursor(evaluation, name);
        while (inner.MoveNext(out var part)) RefuseLogic(evaluation, part, depth + 1);
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
        MissingNode.RefuseLogic(evaluation, names);
        var missing = MissingNode.Find(evaluation, data, Keys(evaluation, names));
        int? count = names.IsArray ? RawJson.CountElements(evaluation, names)
            : names.IsText ? Coercion.ToText(evaluation, names).Length
            : null;
        if (count is not { } total) return missing;
        return Comparison.Order(evaluation, Value.Of(total - missing.Items.Length), need) >= 0 ? Value.EmptyArray : missing;
    }

    private static Value Keys(Evaluation evaluation, in Value names)
    {
        if (!names.IsArray) return Value.Of(new[] { names });
        var cursor = new ArrayCursor(evaluation, names);
        return cursor.MoveNext(out var first) && first.IsArray ? first : names;
    }
}
