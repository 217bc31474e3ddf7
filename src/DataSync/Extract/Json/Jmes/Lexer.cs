using System.Text;
using System.Text.Json;

namespace DataSync.Extract.Json.Jmes;

/// <summary>Cuts an expression into tokens.</summary>
internal sealed class Lexer(string text)
{
    private int _at;

    private char Current => _at < text.Length ? text[_at] : '\0';

    public List<Token> Read()
    {
        List<Token> tokens = [];
        while (true)
        {
            while (Current is ' ' or '\t' or '\r' or '\n') _at++;
            if (_at == text.Length)
            {
                tokens.Add(new Token(TokenKind.End, _at));
                return tokens;
            }

            tokens.Add(Next());
        }
    }

    private Token Next()
    {
        var start = _at;
        var c = text[_at++];
        if (char.IsAsciiLetter(c) || c == '_')
        {
            while (char.IsAsciiLetterOrDigit(Current) || Current == '_') _at++;
            return new Token(TokenKind.Name, start, text[start.._at]);
        }

        if (char.IsAsciiDigit(c) || (c == '-' && char.IsAsciiDigit(Current)))
        {
            while (char.IsAsciiDigit(Current)) _at++;
            return new Token(TokenKind.Number, start, text[start.._at]);
        }

        return c switch
        {
            '"' => new Token(TokenKind.QuotedName, start, Json(start, $"\"{Until('"', start, keep: true)}\"").GetString()!),
            '\'' => new Token(TokenKind.Text, start, Until('\'', start, keep: false)),
            '`' => new Token(TokenKind.Literal, start, Json(start, Until('`', start, keep: false)).GetRawText()),
            _ => new Token(Sign(c, start), start),
        };
    }

    private TokenKind Sign(char c, int start) => c switch
    {
        '.' => TokenKind.Dot,
        '*' => TokenKind.Star,
        ',' => TokenKind.Comma,
        ':' => TokenKind.Colon,
        '@' => TokenKind.At,
        '{' => TokenKind.OpenBrace,
        '}' => TokenKind.CloseBrace,
        '(' => TokenKind.OpenGroup,
        ')' => TokenKind.CloseGroup,
        ']' => TokenKind.CloseList,
        '[' => Follows('?') ? TokenKind.OpenFilter : Follows(']') ? TokenKind.Flatten : TokenKind.OpenList,
        '|' => Follows('|') ? TokenKind.Or : TokenKind.Pipe,
        '&' => Follows('&') ? TokenKind.And : TokenKind.Reference,
        '!' => Follows('=') ? TokenKind.NotEqual : TokenKind.Not,
        '<' => Follows('=') ? TokenKind.LessOrEqual : TokenKind.Less,
        '>' => Follows('=') ? TokenKind.GreaterOrEqual : TokenKind.Greater,
        '=' when Follows('=') => TokenKind.Equal,
        _ => throw JmesSyntaxException.Unexpected(start),
    };

    private bool Follows(char c)
    {
        if (Current != c) return false;
        _at++;
        return true;
    }

    /// <summary>What stands before the closing quote. A backslash lets a quote stand for itself, and goes, unless <paramref name="keep"/> leaves that to JSON; any other stays, with what follows it.</summary>
    private string Until(char quote, int start, bool keep)
    {
        var found = new StringBuilder();
        while (Current != quote)
        {
            if (_at >= text.Length) throw JmesSyntaxException.Unexpected(start);
            if (Current == '\\' && _at + 1 < text.Length)
            {
                _at++;
                if (keep || Current != quote) found.Append('\\');
            }

            found.Append(text[_at++]);
        }

        _at++;
        return found.ToString();
    }

    private static JsonElement Json(int start, string json)
    {
        try
        {
            var value = JsonElement.Parse(json);
            if (value.ValueKind == JsonValueKind.String) _ = value.GetString();
            return value;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw JmesSyntaxException.Unexpected(start);
        }
    }
}
