using System.Buffers;
using System.Text;
using DataSync.Refine.Rules.Records;

namespace DataSync.Refine.Rules.Logic;

/// <summary>JavaScript's conversions between kinds of values.</summary>
internal static class Coercion
{
    private static readonly SearchValues<char> Spaces = SearchValues.Create(
        "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff");

    private static readonly SearchValues<char> NumberUnits = SearchValues.Create("0123456789+-.eE");

    /// <summary>JsonLogic's truth: JavaScript's, but an empty array is false.</summary>
    public static bool IsTruthy(in Value value) => value.Form switch
    {
        ValueForm.Undefined or ValueForm.Null or ValueForm.False => false,
        ValueForm.Text => value.Text.Length > 0,
        ValueForm.RawText => value.RawLength > 2,
        ValueForm.Items => value.Items.Length > 0,
        ValueForm.RawArray => !RawJson.IsEmpty(value),
        ValueForm.Exact or ValueForm.Approximate or ValueForm.RawNumber => Read(value) is { IsZero: false, IsNaN: false },
        _ => true,
    };

    /// <summary>The number of a value that is one.</summary>
    public static Number Read(in Value value) => value.Form == ValueForm.RawNumber ? NumberReader.Read(value.Raw, out _) : value.Number;

    /// <summary>JavaScript's <c>Number(value)</c>.</summary>
    public static Number ToNumber(Evaluation evaluation, in Value value) => value.Form switch
    {
        ValueForm.Exact or ValueForm.Approximate or ValueForm.RawNumber => Read(value),
        ValueForm.Undefined => Number.NaN,
        ValueForm.Null or ValueForm.False => Number.Of(0m),
        ValueForm.True => Number.Of(1m),
        _ => ParseWhole(ToText(evaluation, value)),
    };

    /// <summary>JavaScript's <c>parseFloat(value)</c>: the number at the beginning of the text.</summary>
    public static Number ParseFloat(Evaluation evaluation, in Value value)
    {
        if (value.IsNumber) return Read(value) is { IsZero: false } number ? number : Number.Of(0m);
        if (value.Form < ValueForm.Exact) return Number.NaN;
        var text = TrimStart(ToText(evaluation, value));
        return TryInfinity(text, out var infinity, isWhole: false) ? infinity : Parse(text, out _);
    }

    /// <summary>JavaScript's <c>String(value)</c>.</summary>
    public static string ToText(Evaluation evaluation, in Value value, int depth = 0)
    {
        switch (value.Form)
        {
            case ValueForm.Undefined: return "undefined";
            case ValueForm.Null: return "null";
            case ValueForm.True: return "true";
            case ValueForm.False: return "false";
            case ValueForm.Text: return value.Text;
            case ValueForm.RawText:
                evaluation.ChargeBytes(value.RawLength);
                return JsonText.Unescape(JsonText.Inside(value.Raw));
            case ValueForm.Exact or ValueForm.Approximate or ValueForm.RawNumber: return NumberWriter.ToText(Read(value));
            case ValueForm.Items or ValueForm.RawArray:
                var joined = new StringBuilder();
                Join(evaluation, value, ",", joined, depth);
                return joined.ToString();
            default: return "[object Object]";
        }
    }

    /// <summary>JavaScript's <c>array.join(separator)</c>: nothing for null, and arrays inside join with commas.</summary>
    public static void Join(Evaluation evaluation, in Value array, string separator, StringBuilder target, int depth = 0)
    {
        if (depth > RuleLimits.Depth) throw new RuleFailureException(RuleFailure.TooDeep);
        var elements = new ArrayCursor(evaluation, array);
        for (var i = 0; elements.MoveNext(out var element); i++)
        {
            if (i > 0) target.Append(separator);
            AppendTo(evaluation, element, target, depth + 1);
        }
    }

    /// <summary>Appends a value as <c>join</c> shows it, within the bound of a text's length.</summary>
    public static void AppendTo(Evaluation evaluation, in Value value, StringBuilder target, int depth = 0)
    {
        if (value.IsNothing) return;
        var text = ToText(evaluation, value, depth);
        evaluation.ChargeBytes(text.Length);
        if (target.Length + text.Length > RuleLimits.TextLength) throw new RuleFailureException(RuleFailure.TooLong);
        target.Append(text);
    }

    public static ReadOnlySpan<char> Trim(ReadOnlySpan<char> text)
    {
        text = TrimStart(text);
        return text[..(text.LastIndexOfAnyExcept(Spaces) + 1)];
    }

    private static ReadOnlySpan<char> TrimStart(ReadOnlySpan<char> text) => text.IndexOfAnyExcept(Spaces) is >= 0 and var first ? text[first..] : default;

    private static Number ParseWhole(ReadOnlySpan<char> text)
    {
        text = Trim(text);
        if (text.IsEmpty) return Number.Of(0m);
        if (TryInfinity(text, out var infinity, isWhole: true)) return infinity;
        if (text.Length > 2 && text[0] == '0' && char.IsAsciiLetter(text[1])) return RadixReader.Read(text);
        var number = Parse(text, out var consumed);
        return consumed == text.Length ? number : Number.NaN;
    }

    private static Number Parse(ReadOnlySpan<char> text, out int consumed)
    {
        var ascii = text.IndexOfAnyExcept(NumberUnits);
        var end = ascii < 0 ? text.Length : ascii;
        var bytes = end <= 256 ? stackalloc byte[end] : new byte[end];
        Encoding.ASCII.GetBytes(text[..end], bytes);
        return NumberReader.Read(bytes, out consumed);
    }

    private static bool TryInfinity(ReadOnlySpan<char> text, out Number infinity, bool isWhole)
    {
        var negative = text.StartsWith("-");
        var rest = negative || text.StartsWith("+") ? text[1..] : text;
        infinity = Number.Of(negative ? double.NegativeInfinity : double.PositiveInfinity);
        return isWhole ? rest.SequenceEqual("Infinity") : rest.StartsWith("Infinity");
    }
}
