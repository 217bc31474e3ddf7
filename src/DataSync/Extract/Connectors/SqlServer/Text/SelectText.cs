using System.Text;
using DataSync.Pipeline.Failures;
using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace DataSync.Extract.Connectors.SqlServer.Text;

/// <summary>
/// A tenant's query, taken apart by SQL Server's own grammar: exactly one SELECT that only reads. What the server gets is put together from its tokens without the comments, so
/// nothing can hide in what the two read differently.
/// </summary>
internal sealed class SelectText
{
    /// <summary>Tokens of a query at most, and how deep it may be nested: the grammar is walked by recursion.</summary>
    private const int MostTokens = 50_000, Deepest = 200;

    private const int StackBytes = 256 * 1024 * 1024;

    private readonly IList<TSqlParserToken> _tokens;
    private readonly SelectStatement _select;

    private SelectText(SelectStatement select, IReadOnlySet<string> variables)
    {
        (_select, _tokens, Variables) = (select, select.ScriptTokenStream, variables);
        var order = select.QueryExpression.OrderByClause;
        IsOrdered = order is not null;
        IsComplete = select.QueryExpression is { ForClause: null } && (order is null || select.QueryExpression is { OffsetClause: null } and not QuerySpecification { TopRowFilter: not null });
    }

    /// <summary>Names of the variables it uses, without the at sign.</summary>
    public IReadOnlySet<string> Variables { get; }

    /// <summary>The rows come in an order of its own.</summary>
    public bool IsOrdered { get; }

    /// <summary>It can stand within another query without its order.</summary>
    private bool IsComplete { get; }

    /// <summary>Takes a text apart.</summary>
    /// <exception cref="SyncFailureException">It is no SELECT, more than one statement, or does more than read.</exception>
    public static SelectText Read(string sql)
    {
        SelectText? read = null;
        Exception? failed = null;

        // a thread of its own for its stack; depth and length are bounded so that it cannot end
        var reading = new Thread(
            () =>
            {
                try
                {
                    read = Parse(sql);
                }
                catch (Exception e)
                {
                    failed = e;
                }
            },
            StackBytes);
        reading.Start();
        reading.Join();
        if (failed is not null) throw failed is SyncFailureException known ? known : new InvalidOperationException("The statement could not be taken apart.", failed);
        return read!;
    }

    /// <summary>The query as it stands; within another, where that changes nothing, so that the server too lets nothing stand there but a query.</summary>
    public string Sql => !IsOrdered && IsComplete && ColumnNames.AreDistinct(_select.QueryExpression) ? Within("") : Text(_select, null).TrimEnd();

    /// <summary>The query within another that calls it <c>w</c>.</summary>
    /// <param name="behind">What stands behind it: condition and order.</param>
    /// <param name="before">What stands before it.</param>
    public string Within(string behind, string before = "SELECT * FROM")
    {
        if (!IsComplete && _select.QueryExpression.ForClause is not null) throw Refused();
        var query = _select.QueryExpression;
        var with = _select.WithCtesAndXmlNamespaces is { } ctes ? Text(ctes, null) + "\n" : "";
        var options = _select.OptimizerHints.Count > 0 ? "\n" + Options() : "";
        return $"{with}{before} (\n{Text(query, IsComplete ? query.OrderByClause : null)}\n) AS w{behind}{options}";
    }

    public static SyncFailureException Refused() => new(SyncFailure.Permanent("errors.extraction.statement_refused", ("sqlstate", "42000")));

    private static SelectText Parse(string sql)
    {
        var parser = new TSql170Parser(initialQuotedIdentifiers: true);
        var tokens = parser.GetTokenStream(new StringReader(sql), out var errors);
        if (errors.Count > 0) throw Syntax();
        Bound(tokens);
        var script = (TSqlScript)parser.Parse(tokens, out errors);
        if (errors.Count > 0) throw Syntax();
        if (script is not { Batches: [{ Statements: [SelectStatement select] }] }) throw script.Batches.Sum(b => b.Statements.Count) == 0 ? Syntax() : Refused();
        for (var i = 0; i < tokens.Count; i++)
        {
            if ((i < select.FirstTokenIndex || i > select.LastTokenIndex) && !IsNothing(tokens[i].TokenType)) throw Refused();
        }

        var found = new OnlyReads();
        select.Accept(found);
        return found.IsRefused ? throw Refused() : new SelectText(select, found.Variables);
    }

    /// <summary>Refuses what would be walked too deep.</summary>
    private static void Bound(IList<TSqlParserToken> tokens)
    {
        if (tokens.Count > MostTokens) throw Refused();
        var (depth, signs) = (0, 0);
        foreach (var token in tokens)
        {
            depth += token.TokenType switch
            {
                TSqlTokenType.LeftParenthesis or TSqlTokenType.Case or TSqlTokenType.LeftCurly => 1,
                TSqlTokenType.RightParenthesis or TSqlTokenType.End or TSqlTokenType.RightCurly => -1,
                _ => 0,
            };
            if (IsNothing(token.TokenType)) continue;
            signs = token.TokenType is TSqlTokenType.Minus or TSqlTokenType.Plus or TSqlTokenType.Tilde or TSqlTokenType.Not ? signs + 1 : 0;
            if (depth > Deepest || signs > Deepest) throw Refused();
        }
    }

    private static bool IsNothing(TSqlTokenType type)
        => type is TSqlTokenType.WhiteSpace or TSqlTokenType.SingleLineComment or TSqlTokenType.MultilineComment or TSqlTokenType.Semicolon or TSqlTokenType.EndOfFile;

    /// <summary>The tokens of a part, each comment a space, without another part within it.</summary>
    private string Text(TSqlFragment part, TSqlFragment? without)
    {
        var text = new StringBuilder();
        for (var i = part.FirstTokenIndex; i <= part.LastTokenIndex; i++)
        {
            if (without is not null && i >= without.FirstTokenIndex && i <= without.LastTokenIndex || _tokens[i].TokenType is TSqlTokenType.Semicolon or TSqlTokenType.EndOfFile) continue;
            text.Append(_tokens[i].TokenType is TSqlTokenType.SingleLineComment or TSqlTokenType.MultilineComment ? " " : _tokens[i].Text);
        }

        return text.ToString();
    }

    /// <summary>The clause of hints, which stands behind the whole: from its first word to the end.</summary>
    private string Options()
    {
        var at = _select.QueryExpression.LastTokenIndex + 1;
        while (_tokens[at].TokenType != TSqlTokenType.Option) at++;
        var text = new StringBuilder();
        for (; at <= _select.LastTokenIndex; at++)
        {
            if (!IsNothing(_tokens[at].TokenType) || _tokens[at].TokenType == TSqlTokenType.WhiteSpace) text.Append(_tokens[at].Text);
            else text.Append(' ');
        }

        return text.ToString();
    }

    private static SyncFailureException Syntax() => new(SyncFailure.Permanent("errors.extraction.syntax", ("sqlstate", "102")));
}
