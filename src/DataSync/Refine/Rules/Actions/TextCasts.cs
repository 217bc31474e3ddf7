using System.Text;
using System.Text.Json;
using DataSync.Refine.Rules.Logic;

namespace DataSync.Refine.Rules.Actions;

/// <summary>Casts to text, JSON and boolean.</summary>
internal static class TextCasts
{
    /// <summary>A number's text is its digits as they stand; an object's or array's is its JSON.</summary>
    public static Value? ToText(Evaluation evaluation, in Value value) => value.Form switch
    {
        ValueForm.RawText or ValueForm.Text => value,
        ValueForm.True => Value.Of("true"),
        ValueForm.False => Value.Of("false"),
        ValueForm.RawArray or ValueForm.RawObject or ValueForm.RawNumber => Value.Of(Encoding.UTF8.GetString(value.Raw)),
        _ => null,
    };

    /// <summary>A text is read as JSON; what is no text is JSON already.</summary>
    public static Value? ToJson(Evaluation evaluation, in Value value)
    {
        if (!value.IsText) return value;
        var text = Coercion.ToText(evaluation, value);
        evaluation.ChargeBytes(text.Length);
        if (HasLoneSurrogate(text)) return null;
        var json = Encoding.UTF8.GetBytes(text.Trim(" \t\r\n").ToString());
        try
        {
            // A document inside a document may not be deeper than a parser with usual limits takes.
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = RuleLimits.Depth });
            while (reader.Read()) { }
        }
        catch (JsonException)
        {
            return null;
        }

        return Value.OfRaw(json, 0, json.Length);
    }

    /// <summary>True and false, as words or as 1 and 0.</summary>
    public static Value? ToBoolean(Evaluation evaluation, in Value value)
    {
        if (value.Form is ValueForm.True or ValueForm.False) return value;
        if (value.IsNumber) return FromNumber(Coercion.Read(value));
        if (!value.IsText) return null;
        var text = Coercion.Trim(Coercion.ToText(evaluation, value));
        if (text.Equals("true", StringComparison.OrdinalIgnoreCase) || text is "1") return Value.Of(true);
        return text.Equals("false", StringComparison.OrdinalIgnoreCase) || text is "0" ? Value.Of(false) : null;
    }

    private static Value? FromNumber(in Number number)
    {
        if (number.IsZero) return Value.Of(false);
        return number is { IsExact: true, Exact: 1 } ? Value.Of(true) : null;
    }

    private static bool HasLoneSurrogate(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (i + 1 >= text.Length || !char.IsSurrogatePair(text[i], text[i + 1])) return true;
            i++;
        }

        return false;
    }
}
