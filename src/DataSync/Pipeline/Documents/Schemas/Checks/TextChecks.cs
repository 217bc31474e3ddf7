using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using DataSync.Pipeline.Documents.Schemas.Formats;

namespace DataSync.Pipeline.Documents.Schemas.Checks;

/// <summary><c>minLength</c> and <c>maxLength</c>, in code points.</summary>
internal sealed class LengthCheck(int least, int most) : SchemaCheck
{
    public override bool Passes(JsonElement value, SchemaEvaluation evaluation)
    {
        if (value.ValueKind != JsonValueKind.String) return true;
        var raw = JsonMarshal.GetRawUtf8Value(value)[1..^1];
        return evaluation.SpendBytes(raw.Length) && JsonText.CodePoints(raw) is var length && length >= least && length <= most;
    }
}

/// <summary><c>pattern</c>: found anywhere, unless it says where.</summary>
internal sealed class PatternCheck(Regex pattern) : SchemaCheck
{
    /// <summary>Signs of a text that cost as much as a look at a value.</summary>
    private const int SignsPerStep = 4;

    /// <summary>Signs from which on the time is taken; shorter texts take less than taking it.</summary>
    private const int Long = 256;

    public override bool Passes(JsonElement value, SchemaEvaluation evaluation)
    {
        if (value.ValueKind != JsonValueKind.String) return true;
        using var text = new JsonText(JsonMarshal.GetRawUtf8Value(value)[1..^1], stackalloc char[256]);
        return IsMatch(pattern, text.Span, evaluation);
    }

    public static bool IsMatch(Regex pattern, ReadOnlySpan<char> text, SchemaEvaluation evaluation)
    {
        if (!evaluation.Spend(1 + (text.Length / SignsPerStep))) return false;
        try
        {
            if (text.Length < Long) return pattern.IsMatch(text);
            var began = Stopwatch.GetTimestamp();
            var isMatch = pattern.IsMatch(text);
            return evaluation.SpendMatching(Stopwatch.GetElapsedTime(began)) && isMatch;
        }
        catch (RegexMatchTimeoutException)
        {
            return evaluation.GiveUp();
        }
    }
}

/// <summary><c>format</c>.</summary>
internal sealed class FormatCheck(IsOfFormat format) : SchemaCheck
{
    public override bool Passes(JsonElement value, SchemaEvaluation evaluation)
    {
        if (value.ValueKind != JsonValueKind.String) return true;
        var raw = JsonMarshal.GetRawUtf8Value(value)[1..^1];
        if (!evaluation.SpendBytes(raw.Length)) return false;
        using var text = new JsonText(raw, stackalloc char[256]);
        return format(text.Span);
    }
}
