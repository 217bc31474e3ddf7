using System.Globalization;
using System.Text;

namespace DataSync.Pipeline.Documents.Schemas.Patterns;

/// <summary>Reads a pattern once, from left to right, as ECMAScript reads one with its flag <c>u</c>.</summary>
internal sealed class EcmaTranslation(string pattern)
{
    /// <summary>How often something may be asked to come again at most.</summary>
    private const int MostTimes = 10_000;

    private readonly StringBuilder _to = new();
    private int _at;
    private bool _isWrong;

    /// <summary>The same for .NET; null where it is none or cannot be honoured.</summary>
    public string? Run()
    {
        while (_at < pattern.Length && !_isWrong) One();
        return _isWrong ? null : _to.ToString();
    }

    private void One()
    {
        var sign = pattern[_at];
        switch (sign)
        {
            case '^' or '|' or ')' or '*' or '+' or '?':
                _to.Append(sign);
                _at++;
                break;
            case '$':
                _to.Append("\\z"); // .NET's own would let a line end follow
                _at++;
                break;
            case '.':
                _at++;
                CodePointSet.NoLineEnd.WriteTo(_to);
                break;
            case '(':
                Group();
                break;
            case '[':
                _at++;
                Class().WriteTo(_to);
                break;
            case '{':
                Times();
                break;
            default:
                Sign(isInClass: false).WriteTo(_to);
                break;
        }
    }

    /// <summary>What a group is called nobody asks; what it looks ahead to or changes cannot be honoured.</summary>
    private void Group()
    {
        _at++;
        _to.Append("(?:");
        if (_at >= pattern.Length || pattern[_at] != '?') return;
        var end = pattern.AsSpan(_at).StartsWith("?:", StringComparison.Ordinal) ? _at + 1
            : pattern.AsSpan(_at).StartsWith("?<", StringComparison.Ordinal) && _at + 2 < pattern.Length && pattern[_at + 2] is not ('=' or '!') ? pattern.IndexOf('>', _at)
            : -1;
        _isWrong = end < 0;
        _at = end + 1;
    }

    private void Times()
    {
        var end = pattern.IndexOf('}', _at);
        var bounds = end < 0 ? [] : pattern[(_at + 1)..end].Split(',');
        _isWrong = bounds.Length is not (1 or 2) || !IsCount(bounds[0]) || (bounds.Length == 2 && bounds[1].Length > 0 && !IsCount(bounds[1]));
        if (_isWrong) return;
        _to.Append(pattern, _at, end + 1 - _at);
        _at = end + 1;
    }

    private static bool IsCount(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count <= MostTimes;

    private CodePointSet Class()
    {
        var (set, negated) = (new CodePointSet(), _at < pattern.Length && pattern[_at] == '^');
        if (negated) _at++;
        while (_at < pattern.Length && pattern[_at] != ']' && !_isWrong)
        {
            var from = Sign(isInClass: true);
            if (_at + 1 >= pattern.Length || pattern[_at] != '-' || pattern[_at + 1] == ']')
            {
                set.Add(from);
                continue;
            }

            _at++;
            var to = Sign(isInClass: true);
            if (from.Only is not { } first || to.Only is not { } last || first > last) _isWrong = true;
            else set.Add(first, last);
        }

        _isWrong |= _at >= pattern.Length;
        _at++;
        return negated ? set.Negated() : set;
    }

    /// <summary>One sign, or what an escape stands for.</summary>
    private CodePointSet Sign(bool isInClass)
    {
        if (pattern[_at] == '\\') return Escape(isInClass);
        var isPair = char.IsSurrogatePair(pattern, _at);
        var point = isPair ? char.ConvertToUtf32(pattern, _at) : pattern[_at];
        _at += isPair ? 2 : 1;
        return CodePointSet.Of((point, point));
    }

    private CodePointSet Escape(bool isInClass)
    {
        var name = _at + 1 < pattern.Length ? pattern[_at + 1] : '\0';
        _at += 2;
        switch (name)
        {
            case 'd': return CodePointSet.Digits;
            case 'D': return CodePointSet.Digits.Negated();
            case 'w': return CodePointSet.Words;
            case 'W': return CodePointSet.Words.Negated();
            case 's': return CodePointSet.Blanks;
            case 'S': return CodePointSet.Blanks.Negated();
            case 'p' or 'P': return Category(name == 'P');
            case 't': return Point('\t');
            case 'n': return Point('\n');
            case 'r': return Point('\r');
            case 'f': return Point('\f');
            case 'v': return Point('\v');
            case 'b' when isInClass: return Point('\b');
            case '0' when _at >= pattern.Length || !char.IsAsciiDigit(pattern[_at]): return Point(0);
            case 'c' when _at < pattern.Length && char.IsAsciiLetter(pattern[_at]): return Point(pattern[_at++] % 32);
            case 'x': return Point(Hex(2));
            case 'u': return Unicode();
            default:
                _isWrong |= name is '\0' or > '~' || char.IsAsciiLetterOrDigit(name);
                return Point(name);
        }
    }

    private CodePointSet Category(bool negated)
    {
        var end = _at < pattern.Length && pattern[_at] == '{' ? pattern.IndexOf('}', _at) : -1;
        var name = end < 0 ? "" : pattern[(_at + 1)..end];
        if (name.StartsWith("General_Category=", StringComparison.Ordinal) || name.StartsWith("gc=", StringComparison.Ordinal)) name = name[(name.IndexOf('=', StringComparison.Ordinal) + 1)..];
        name = name switch
        {
            "Letter" => "L",
            "Uppercase_Letter" => "Lu",
            "Lowercase_Letter" => "Ll",
            "Mark" => "M",
            "Number" => "N",
            "Decimal_Number" or "digit" => "Nd",
            "Punctuation" or "punct" => "P",
            "Symbol" => "S",
            "Separator" => "Z",
            "Space_Separator" => "Zs",
            "Other" => "C",
            "Control" or "cntrl" => "Cc",
            _ => name,
        };
        _at = end + 1;
        if (CodePointSet.OfCategory(name) is { } set) return negated ? set.Negated() : set;
        _isWrong = true; // a script, or another property that .NET does not know
        return new CodePointSet();
    }

    private CodePointSet Unicode()
    {
        if (_at < pattern.Length && pattern[_at] == '{')
        {
            var end = pattern.IndexOf('}', _at);
            _isWrong |= end < 0 || !int.TryParse(pattern.AsSpan(_at + 1, Math.Max(0, end - _at - 1)), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var named) || named is < 0 or > 0x10FFFF;
            var point = _isWrong ? 0 : int.Parse(pattern.AsSpan(_at + 1, end - _at - 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            _at = end + 1;
            return Point(point);
        }

        var first = Hex(4);
        if (!char.IsHighSurrogate((char)first) || !pattern.AsSpan(Math.Min(_at, pattern.Length)).StartsWith("\\u", StringComparison.Ordinal)) return Point(first);
        _at += 2;
        var second = Hex(4);
        _isWrong |= !char.IsLowSurrogate((char)second);
        return Point(_isWrong ? 0 : char.ConvertToUtf32((char)first, (char)second));
    }

    private int Hex(int digits)
    {
        var value = 0;
        _isWrong |= _at + digits > pattern.Length || !int.TryParse(pattern.AsSpan(_at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
        _at += digits;
        return value;
    }

    private static CodePointSet Point(int point) => CodePointSet.Of((point, point));
}
