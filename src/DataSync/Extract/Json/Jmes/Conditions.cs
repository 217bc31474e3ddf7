using System.Text.Json;

namespace DataSync.Extract.Json.Jmes;

/// <summary><c>||</c></summary>
internal sealed class Either(Expression left, Expression right) : Expression
{
    public override Expression? Listed => left.Listed ?? right.Listed;

    protected override JmesValue Evaluate(in JmesValue current, Evaluation evaluation) => left.Of(current, evaluation) is { IsTrue: true } value ? value : right.Of(current, evaluation);
}

/// <summary><c>&amp;&amp;</c></summary>
internal sealed class Both(Expression left, Expression right) : Expression
{
    public override Expression? Listed => right.Listed ?? left.Listed;

    protected override JmesValue Evaluate(in JmesValue current, Evaluation evaluation) => left.Of(current, evaluation) is { IsTrue: false } value ? value : right.Of(current, evaluation);
}

/// <summary><c>!</c></summary>
internal sealed class Not(Expression of) : Expression
{
    protected override JmesValue Evaluate(in JmesValue current, Evaluation evaluation) => JmesValue.Of(!of.Of(current, evaluation).IsTrue);
}

/// <summary>Two values side by side. Which is greater is known of numbers alone; of anything else, it is null.</summary>
internal sealed class Comparison(TokenKind sign, Expression left, Expression right) : Expression
{
    protected override JmesValue Evaluate(in JmesValue current, Evaluation evaluation)
    {
        var (a, b) = (left.Of(current, evaluation), right.Of(current, evaluation));
        if (sign is TokenKind.Equal or TokenKind.NotEqual) return JmesValue.Of(Equality.AreEqual(a, b, evaluation) == (sign == TokenKind.Equal));
        if (a.Kind != JsonValueKind.Number || b.Kind != JsonValueKind.Number) return JmesValue.Null;
        var order = ExactNumber.Compare(a, b);
        return JmesValue.Of(sign switch
        {
            TokenKind.Less => order < 0,
            TokenKind.LessOrEqual => order <= 0,
            TokenKind.Greater => order > 0,
            _ => order >= 0,
        });
    }
}
