using System.Globalization;

namespace DataSync.Extract.Json.Jmes;

/// <summary>Makes an expression of its tokens: what binds tighter is read first (precedence climbing).</summary>
internal sealed class Parser(string text)
{
    private const int OfProjection = 10, OfFlatten = 9, OfStar = 20, OfFilter = 21, OfDot = 40, OfNot = 45;
    private readonly List<Token> _tokens = new Lexer(text).Read();
    private int _at;

    private Token Current => _tokens[_at];

    public Expression Read()
    {
        var whole = Expression(0);
        return Current.Kind == TokenKind.End ? whole : throw Unexpected();
    }

    /// <summary>How tightly a sign behind an expression binds it; 0 for what ends it.</summary>
    private static int Binding(TokenKind kind) => kind switch
    {
        TokenKind.Pipe => 1,
        TokenKind.Or => 2,
        TokenKind.And => 3,
        TokenKind.Equal or TokenKind.NotEqual or TokenKind.Less or TokenKind.LessOrEqual or TokenKind.Greater or TokenKind.GreaterOrEqual => 5,
        TokenKind.Flatten => OfFlatten,
        TokenKind.Star => OfStar,
        TokenKind.OpenFilter => OfFilter,
        TokenKind.Dot => OfDot,
        TokenKind.OpenBrace => 50,
        TokenKind.OpenList => 55,
        TokenKind.OpenGroup => 60,
        _ => 0,
    };

    private Expression Expression(int binding)
    {
        var left = First(Take());
        while (binding < Binding(Current.Kind)) left = Continued(left, Take());
        return left;
    }

    private Expression First(Token token) => token.Kind switch
    {
        TokenKind.Name when Current.Kind == TokenKind.OpenGroup => Function(token),
        TokenKind.Name => new Field(token.Text),
        TokenKind.QuotedName when Current.Kind != TokenKind.OpenGroup => new Field(token.Text),
        TokenKind.Text => new Literal(JmesValue.Of(token.Text)),
        TokenKind.Literal => new Literal(new JmesValue(System.Text.Json.JsonElement.Parse(token.Text))),
        TokenKind.At => CurrentValue.Instance,
        TokenKind.Star => new EachMember(CurrentValue.Instance, Projected(OfStar)),
        TokenKind.Not => new Not(Expression(OfNot)),
        TokenKind.Flatten or TokenKind.OpenFilter => Continued(CurrentValue.Instance, token),
        TokenKind.OpenList => Current.Kind is TokenKind.Number or TokenKind.Colon || IsEachElement ? Continued(CurrentValue.Instance, token) : List(),
        TokenKind.OpenBrace => Object(),
        TokenKind.OpenGroup => Grouped(),
        _ => throw JmesSyntaxException.Unexpected(token.At),
    };

    private bool IsEachElement => Current.Kind == TokenKind.Star && _tokens[_at + 1].Kind == TokenKind.CloseList;

    private Expression Continued(Expression left, Token token)
    {
        switch (token.Kind)
        {
            case TokenKind.Dot when Current.Kind == TokenKind.Star:
                _at++;
                return new EachMember(left, Projected(OfStar));
            case TokenKind.Dot:
                return new Chain(left, Behind(OfDot));
            case TokenKind.Pipe:
                return new Chain(left, Expression(Binding(token.Kind)));
            case TokenKind.Or:
                return new Either(left, Expression(Binding(token.Kind)));
            case TokenKind.And:
                return new Both(left, Expression(Binding(token.Kind)));
            case TokenKind.Flatten:
                return new EachFlattened(left, Projected(OfFlatten));
            case TokenKind.OpenFilter:
                var condition = Expression(0);
                Take(TokenKind.CloseList);
                return new EachWhere(left, condition, Current.Kind == TokenKind.Flatten ? CurrentValue.Instance : Projected(OfFilter));
            case TokenKind.OpenList:
                return Bracket(left);
            default:
                return Binding(token.Kind) == 5 ? new Comparison(token.Kind, left, Expression(5)) : throw JmesSyntaxException.Unexpected(token.At);
        }
    }

    private Expression Bracket(Expression left)
    {
        if (Current.Kind == TokenKind.Star)
        {
            _at++;
            Take(TokenKind.CloseList);
            return new EachElement(left, Projected(OfStar));
        }

        var parts = new long?[3];
        var colons = 0;
        while (Current.Kind is TokenKind.Number or TokenKind.Colon)
        {
            if (Current.Kind == TokenKind.Number && parts[colons] is not null) throw Unexpected();
            if (Current.Kind == TokenKind.Number) parts[colons] = Number(Current.Text);
            else if (++colons == 3) throw Unexpected();
            _at++;
        }

        var end = Take(TokenKind.CloseList);
        if (colons == 0) return new Chain(left, new Place(parts[0] ?? throw JmesSyntaxException.Unexpected(end.At)));
        if (parts[2] == 0) throw new JmesSyntaxException("faults.jmespath.step", ("position", end.At + 1));
        return new EachOfSlice(left, parts[0], parts[1], parts[2] ?? 1, Projected(OfStar));
    }

    /// <summary>What a projection does with each of its elements: all that follows and binds tighter than it does.</summary>
    private Expression Projected(int binding)
    {
        if (Binding(Current.Kind) < OfProjection) return CurrentValue.Instance;
        if (Current.Kind is TokenKind.OpenList or TokenKind.OpenFilter) return Expression(binding, CurrentValue.Instance);
        if (Current.Kind != TokenKind.Dot) throw Unexpected();
        _at++;
        return Behind(binding);
    }

    /// <summary>What follows on a value at hand.</summary>
    private Expression Expression(int binding, Expression left)
    {
        while (binding < Binding(Current.Kind)) left = Continued(left, Take());
        return left;
    }

    /// <summary>What may stand behind a dot.</summary>
    private Expression Behind(int binding)
    {
        switch (Current.Kind)
        {
            case TokenKind.Name or TokenKind.QuotedName or TokenKind.Star:
                return Expression(binding);
            case TokenKind.OpenList:
                _at++;
                return Expression(binding, List());
            case TokenKind.OpenBrace:
                _at++;
                return Expression(binding, Object());
            default:
                throw Unexpected();
        }
    }

    private Expression Grouped()
    {
        var inner = Expression(0);
        Take(TokenKind.CloseGroup);
        return inner;
    }

    private ListOf List()
    {
        List<Expression> elements = [Expression(0)];
        while (Current.Kind == TokenKind.Comma)
        {
            _at++;
            elements.Add(Expression(0));
        }

        Take(TokenKind.CloseList);
        return new ListOf(elements);
    }

    private ObjectOf Object()
    {
        List<KeyValuePair<string, Expression>> members = [];
        do
        {
            var name = Current.Kind is TokenKind.Name or TokenKind.QuotedName ? Take() : throw Unexpected();
            Take(TokenKind.Colon);
            var value = Expression(0);
            members.RemoveAll(m => m.Key == name.Text);
            members.Add(KeyValuePair.Create(name.Text, value));
        }
        while (Took(TokenKind.Comma));
        Take(TokenKind.CloseBrace);
        return new ObjectOf(members);
    }

    private FunctionCall Function(Token name)
    {
        if (!Functions.All.TryGetValue(name.Text, out var function)) throw new JmesSyntaxException("faults.jmespath.function", ("position", name.At + 1), ("name", name.Text), ("known", Functions.All.Keys.Order(StringComparer.Ordinal)));
        Take(TokenKind.OpenGroup);
        List<Expression> arguments = [];
        while (Current.Kind != TokenKind.CloseGroup)
        {
            if (arguments.Count > 0) Take(TokenKind.Comma);
            var isReference = function.TypeOf(arguments.Count) == ArgumentType.Reference;
            if (isReference != (Current.Kind == TokenKind.Reference)) throw Current.Kind == TokenKind.Reference || isReference ? new JmesSyntaxException("faults.jmespath.reference", ("position", Current.At + 1), ("name", name.Text)) : Unexpected();
            if (isReference) _at++;
            arguments.Add(Expression(0));
        }

        _at++;
        if (arguments.Count < function.Least || arguments.Count > function.Most) throw new JmesSyntaxException("faults.jmespath.arity", ("position", name.At + 1), ("name", name.Text));
        return new FunctionCall(name.Text, function, arguments);
    }

    private bool Took(TokenKind kind)
    {
        if (Current.Kind != kind) return false;
        _at++;
        return true;
    }

    private Token Take() => _tokens[Current.Kind == TokenKind.End ? _at : _at++];

    private Token Take(TokenKind kind) => Current.Kind == kind ? _tokens[_at++] : throw Unexpected();

    /// <summary>A number of more digits than any list has elements names the same place as the largest that counts.</summary>
    private static long Number(string digits)
        => long.TryParse(digits, CultureInfo.InvariantCulture, out var number) ? Math.Clamp(number, -int.MaxValue, int.MaxValue) : digits[0] == '-' ? -int.MaxValue : int.MaxValue;

    private JmesSyntaxException Unexpected() => JmesSyntaxException.Unexpected(Current.At);
}
