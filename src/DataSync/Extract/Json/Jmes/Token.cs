namespace DataSync.Extract.Json.Jmes;

internal enum TokenKind { End, Name, QuotedName, Number, Text, Literal, Dot, Star, Comma, Colon, At, Reference, Or, Pipe, And, Not, Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual, OpenList, OpenFilter, Flatten, CloseList, OpenBrace, CloseBrace, OpenGroup, CloseGroup }

/// <summary>A piece of an expression.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="At">Where it begins, from 0.</param>
/// <param name="Text">A name unescaped, a number's digits, text, or a literal's JSON.</param>
internal readonly record struct Token(TokenKind Kind, int At, string Text = "");
