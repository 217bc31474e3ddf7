namespace DataSync.Extract.Json.Jmes;

/// <summary>A part of an expression.</summary>
internal abstract class Expression
{
    /// <summary>What makes the list that the expression goes through first, before it leaves anything out or takes anything apart; null where it goes through none.</summary>
    public virtual Expression? Listed => null;

    public JmesValue Of(in JmesValue current, Evaluation evaluation)
    {
        evaluation.Spend(1);
        return Evaluate(current, evaluation);
    }

    protected abstract JmesValue Evaluate(in JmesValue current, Evaluation evaluation);
}

/// <summary><c>@</c></summary>
internal sealed class CurrentValue : Expression
{
    public static readonly CurrentValue Instance = new();

    protected override JmesValue Evaluate(in JmesValue current, Evaluation evaluation) => current;
}

/// <summary>A member by its name.</summary>
internal sealed class Field(string name) : Expression
{
    public string Name => name;

    protected override JmesValue Evaluate(in JmesValue current, Evaluation evaluation) => current.Member(name);
}

/// <summary>An element by its place.</summary>
internal sealed class Place(long index) : Expression
{
    protected override JmesValue Evaluate(in JmesValue current, Evaluation evaluation) => current.At(index);
}

/// <summary>A value that stands in the expression.</summary>
internal sealed class Literal(JmesValue value) : Expression
{
    protected override JmesValue Evaluate(in JmesValue current, Evaluation evaluation) => value;
}

/// <summary>What <paramref name="then"/> makes of what <paramref name="first"/> made: <c>first.then</c> and <c>first | then</c>.</summary>
internal sealed class Chain(Expression first, Expression then) : Expression
{
    public override Expression? Listed => first.Listed ?? (then.Listed is { } list ? new Chain(first, list) : null);

    protected override JmesValue Evaluate(in JmesValue current, Evaluation evaluation) => then.Of(first.Of(current, evaluation), evaluation);
}

/// <summary><c>[a, b]</c></summary>
internal sealed class ListOf(IReadOnlyList<Expression> elements) : Expression
{
    protected override JmesValue Evaluate(in JmesValue current, Evaluation evaluation)
    {
        if (current.IsNull) return current;
        evaluation.Hold(elements.Count);
        var made = new List<JmesValue>(elements.Count);
        foreach (var element in elements) made.Add(element.Of(current, evaluation));
        return new JmesValue(made);
    }
}

/// <summary><c>{name: a}</c></summary>
internal sealed class ObjectOf(IReadOnlyList<KeyValuePair<string, Expression>> members) : Expression
{
    protected override JmesValue Evaluate(in JmesValue current, Evaluation evaluation)
    {
        if (current.IsNull) return current;
        evaluation.Hold(members.Count);
        var made = new KeyValuePair<string, JmesValue>[members.Count];
        for (var i = 0; i < made.Length; i++) made[i] = KeyValuePair.Create(members[i].Key, members[i].Value.Of(current, evaluation));
        return new JmesValue(made);
    }
}
