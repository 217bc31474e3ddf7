using System.Text.Json;

namespace DataSync.Extract.Json.Jmes;

/// <summary>What a function takes.</summary>
[Flags]
internal enum ArgumentType
{
    None = 0, Number = 1, Text = 2, List = 4, Object = 8, Any = 16,

    /// <summary>A list whose elements are all numbers; together with <see cref="Texts"/>, all of the one or all of the other.</summary>
    Numbers = 32,

    /// <summary>A list whose elements are all strings.</summary>
    Texts = 64,

    /// <summary>An expression for each element: <c>&amp;name</c>.</summary>
    Reference = 128,
}

/// <summary>A function of JMESPath.</summary>
/// <param name="Least">Arguments it needs.</param>
/// <param name="Most">Arguments it takes.</param>
/// <param name="Types">Of the arguments; the last one's is that of all further ones.</param>
/// <param name="Body">What it does.</param>
internal sealed record Function(int Least, int Most, ArgumentType[] Types, Func<Call, JmesValue> Body)
{
    public ArgumentType TypeOf(int argument) => Types[Math.Min(argument, Types.Length - 1)];

    public static Function Of(Func<Call, JmesValue> body, params ArgumentType[] types) => new(types.Length, types.Length, types, body);

    /// <summary>One that takes any number of arguments, but one at least.</summary>
    public static Function OfMany(Func<Call, JmesValue> body, ArgumentType type) => new(1, int.MaxValue, [type], body);
}

/// <summary>A function's arguments at work.</summary>
internal sealed class Call(string name, JmesValue[] values, IReadOnlyList<Expression> arguments, Evaluation evaluation)
{
    public IReadOnlyList<JmesValue> Values => values;

    public JmesValue First => values[0];

    public Evaluation Evaluation => evaluation;

    /// <summary>What the reference at a place makes of an element.</summary>
    public JmesValue Refer(int argument, in JmesValue element) => arguments[argument].Of(element, evaluation);

    public JmesFaultException Wrong() => new(name);
}

/// <summary><c>name(a, b)</c></summary>
internal sealed class FunctionCall(string name, Function function, IReadOnlyList<Expression> arguments) : Expression
{
    /// <summary>Of functions that make a list of one, the first argument that is no reference is the list.</summary>
    public override Expression? Listed
    {
        get
        {
            for (var i = 0; i < arguments.Count; i++)
            {
                if (function.TypeOf(i) != ArgumentType.Reference) return arguments[i].Listed ?? arguments[i];
            }

            return null;
        }
    }

    protected override JmesValue Evaluate(in JmesValue current, Evaluation evaluation)
    {
        var values = new JmesValue[arguments.Count];
        for (var i = 0; i < values.Length; i++)
        {
            var type = function.TypeOf(i);
            if (type == ArgumentType.Reference) continue;
            values[i] = arguments[i].Of(current, evaluation);
            if (!Fits(values[i], type, evaluation)) throw new JmesFaultException(name);
        }

        return function.Body(new Call(name, values, arguments, evaluation));
    }

    private static bool Fits(in JmesValue value, ArgumentType type, Evaluation evaluation)
    {
        if (type.HasFlag(ArgumentType.Any)) return true;
        if (value.Kind == JsonValueKind.Array && (type & (ArgumentType.Numbers | ArgumentType.Texts)) != ArgumentType.None)
        {
            evaluation.Spend(value.Length);
            return (type.HasFlag(ArgumentType.Numbers) && value.Elements().All(e => e.Kind == JsonValueKind.Number))
                || (type.HasFlag(ArgumentType.Texts) && value.Elements().All(e => e.Kind == JsonValueKind.String));
        }

        return value.Kind switch
        {
            JsonValueKind.Number => type.HasFlag(ArgumentType.Number),
            JsonValueKind.String => type.HasFlag(ArgumentType.Text),
            JsonValueKind.Array => type.HasFlag(ArgumentType.List),
            JsonValueKind.Object => type.HasFlag(ArgumentType.Object),
            _ => false,
        };
    }
}
