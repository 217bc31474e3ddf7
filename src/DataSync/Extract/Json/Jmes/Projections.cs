using System.Text.Json;

namespace DataSync.Extract.Json.Jmes;

/// <summary>Makes a list of what <paramref name="each"/> makes of the elements of another; nulls fall out. Null where there is no list, undefined where there is something else.</summary>
internal abstract class Projection(Expression from, Expression each) : Expression
{
    public override Expression? Listed => from.Listed ?? from;

    protected override JmesValue Evaluate(in JmesValue current, Evaluation evaluation)
    {
        var source = from.Of(current, evaluation);
        if (Elements(source, evaluation) is not { } elements) return source.Kind == JsonValueKind.Null ? source : default;
        List<JmesValue> made = [];
        foreach (var element in elements)
        {
            evaluation.Spend(1);
            var value = each.Of(element, evaluation);
            if (value.IsNull) continue;
            evaluation.Hold(1);
            made.Add(value);
        }

        return new JmesValue(made);
    }

    /// <summary>Null where there are none to go through.</summary>
    protected abstract IEnumerable<JmesValue>? Elements(JmesValue source, Evaluation evaluation);
}

/// <summary><c>[*]</c></summary>
internal sealed class EachElement(Expression from, Expression each) : Projection(from, each)
{
    protected override IEnumerable<JmesValue>? Elements(JmesValue source, Evaluation evaluation) => source.Kind == JsonValueKind.Array ? source.Elements() : null;
}

/// <summary><c>*</c></summary>
internal sealed class EachMember(Expression from, Expression each) : Projection(from, each)
{
    protected override IEnumerable<JmesValue>? Elements(JmesValue source, Evaluation evaluation) => source.Kind == JsonValueKind.Object ? source.Members().Select(m => m.Value) : null;
}

/// <summary><c>[]</c>: an element that is a list stands for its own elements.</summary>
internal sealed class EachFlattened(Expression from, Expression each) : Projection(from, each)
{
    protected override IEnumerable<JmesValue>? Elements(JmesValue source, Evaluation evaluation)
        => source.Kind == JsonValueKind.Array ? source.Elements().SelectMany(e => e.Kind == JsonValueKind.Array ? e.Elements() : [e]) : null;
}

/// <summary><c>[?condition]</c></summary>
internal sealed class EachWhere(Expression from, Expression condition, Expression each) : Projection(from, each)
{
    protected override IEnumerable<JmesValue>? Elements(JmesValue source, Evaluation evaluation)
        => source.Kind == JsonValueKind.Array ? source.Elements().Where(e => condition.Of(e, evaluation).IsTrue) : null;
}

/// <summary><c>[from:to:step]</c></summary>
internal sealed class EachOfSlice(Expression from, long? first, long? end, long step, Expression each) : Projection(from, each)
{
    protected override IEnumerable<JmesValue>? Elements(JmesValue source, Evaluation evaluation)
    {
        if (source.Kind != JsonValueKind.Array) return null;
        evaluation.Hold(source.Length);
        var all = source.Elements().ToList();
        return Places(all.Count).Select(i => all[i]);
    }

    private IEnumerable<int> Places(int length)
    {
        var (least, most) = step > 0 ? (0, length) : (-1, length - 1);
        var at = first is { } given ? Clamp(given, length, least, most) : step > 0 ? least : most;
        var to = end is { } limit ? Clamp(limit, length, least, most) : step > 0 ? most : least;
        for (; step > 0 ? at < to : at > to; at += step) yield return (int)at;
    }

    private static long Clamp(long place, int length, long least, long most) => Math.Clamp(place < 0 ? place + length : place, least, most);
}
