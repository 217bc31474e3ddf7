using System.Text;
using System.Text.Json;
using DataSync.Extract.Connectors;
using DataSync.Pipeline;
using static DataSync.Extract.Json.Jmes.ArgumentType;

namespace DataSync.Extract.Json.Jmes;

/// <summary>The functions of JMESPath's specification.</summary>
internal static class Functions
{
    public static readonly IReadOnlyDictionary<string, Function> All = new Dictionary<string, Function>(StringComparer.Ordinal)
    {
        ["abs"] = Function.Of(c => c.First.Digits() is [(byte)'-', .. var digits] ? new JmesValue(JsonElement.Parse(digits)) : c.First, Number),
        ["avg"] = Function.Of(c => c.First.Length == 0 ? JmesValue.Null : Sum(c).DividedBy(c.First.Length).ToValue(), Numbers),
        ["ceil"] = Function.Of(c => ExactNumber.Of(c.First).Whole(up: true).ToValue(), Number),
        ["contains"] = Function.Of(Contains, ArgumentType.List | Text, Any),
        ["ends_with"] = Function.Of(c => JmesValue.Of(c.First.Text().EndsWith(c.Values[1].Text(), StringComparison.Ordinal)), Text, Text),
        ["floor"] = Function.Of(c => ExactNumber.Of(c.First).Whole(up: false).ToValue(), Number),
        ["join"] = Function.Of(Join, Text, Texts),
        ["keys"] = Function.Of(c => Made(c, c.First.Members().Select(m => JmesValue.Of(m.Key))), ArgumentType.Object),
        ["length"] = Function.Of(c => new ExactNumber(c.First.Kind == JsonValueKind.String ? c.First.Text().EnumerateRunes().Count() : c.First.Length, 0).ToValue(), Text | ArgumentType.List | ArgumentType.Object),
        ["map"] = Function.Of(c => Made(c, c.Values[1].Elements().Select(e => c.Refer(0, e))), Reference, ArgumentType.List),
        ["max"] = Function.Of(c => Ordering.Extreme(c, byReference: false, sign: 1), Numbers | Texts),
        ["max_by"] = Function.Of(c => Ordering.Extreme(c, byReference: true, sign: 1), ArgumentType.List, Reference),
        ["merge"] = Function.OfMany(Merge, ArgumentType.Object),
        ["min"] = Function.Of(c => Ordering.Extreme(c, byReference: false, sign: -1), Numbers | Texts),
        ["min_by"] = Function.Of(c => Ordering.Extreme(c, byReference: true, sign: -1), ArgumentType.List, Reference),
        ["not_null"] = Function.OfMany(c => c.Values.FirstOrDefault(v => !v.IsNull), Any),
        ["reverse"] = Function.Of(Reverse, Text | ArgumentType.List),
        ["sort"] = Function.Of(c => Ordering.Sort(c, byReference: false), Numbers | Texts),
        ["sort_by"] = Function.Of(c => Ordering.Sort(c, byReference: true), ArgumentType.List, Reference),
        ["starts_with"] = Function.Of(c => JmesValue.Of(c.First.Text().StartsWith(c.Values[1].Text(), StringComparison.Ordinal)), Text, Text),
        ["sum"] = Function.Of(c => Sum(c).ToValue(), Numbers),
        ["to_array"] = Function.Of(c => c.First.Kind == JsonValueKind.Array ? c.First : Made(c, [c.First]), Any),
        ["to_number"] = Function.Of(ToNumber, Any),
        ["to_string"] = Function.Of(ToText, Any),
        ["type"] = Function.Of(c => JmesValue.Of(TypeOf(c.First)), Any),
        ["values"] = Function.Of(c => Made(c, c.First.Members().Select(m => m.Value)), ArgumentType.Object),
    };

    private static JmesValue Made(Call call, IEnumerable<JmesValue> values)
    {
        List<JmesValue> made = [];
        foreach (var value in values)
        {
            call.Evaluation.Hold(1);
            made.Add(value);
        }

        return new JmesValue(made);
    }

    private static ExactNumber Sum(Call call) => call.First.Elements().Aggregate(default(ExactNumber), (sum, number) => sum + ExactNumber.Of(number));

    private static JmesValue Contains(Call call)
    {
        var (searched, sought) = (call.First, call.Values[1]);
        if (searched.Kind == JsonValueKind.String) return JmesValue.Of(sought.Kind == JsonValueKind.String && searched.Text().Contains(sought.Text(), StringComparison.Ordinal));
        return JmesValue.Of(searched.Elements().Any(e => Equality.AreEqual(e, sought, call.Evaluation)));
    }

    private static JmesValue Join(Call call)
    {
        var (glue, made) = (call.First.Text(), new StringBuilder());
        foreach (var text in call.Values[1].Elements().Select((e, i) => i == 0 ? e.Text() : glue + e.Text()))
        {
            call.Evaluation.HoldText(text.Length);
            made.Append(text);
        }

        return JmesValue.Of(made.ToString());
    }

    /// <summary>Members of later objects take the place of earlier ones of their name.</summary>
    private static JmesValue Merge(Call call)
    {
        var members = new OrderedDictionary<string, JmesValue>(StringComparer.Ordinal);
        foreach (var (name, value) in call.Values.SelectMany(o => o.Members()))
        {
            call.Evaluation.Hold(1);
            members[name] = value;
        }

        return new JmesValue([.. members]);
    }

    private static JmesValue Reverse(Call call)
    {
        if (call.First.Kind == JsonValueKind.Array) return Made(call, call.First.Elements().Reverse());
        var text = call.First.Text();
        call.Evaluation.HoldText(text.Length);
        return JmesValue.Of(string.Concat(text.EnumerateRunes().Reverse().Select(r => r.ToString())));
    }

    /// <summary>A number keeps its digits; text that is a number of JSON's becomes one; of anything else, null.</summary>
    private static JmesValue ToNumber(Call call)
    {
        if (call.First.Kind == JsonValueKind.Number) return call.First;
        if (call.First.Kind != JsonValueKind.String || call.First.Text() is not [(>= '0' and <= '9') or '-', ..] text || char.IsWhiteSpace(text[^1])) return JmesValue.Null;
        try
        {
            return new JmesValue(JsonElement.Parse(text));
        }
        catch (JsonException)
        {
            return JmesValue.Null;
        }
    }

    private static JmesValue ToText(Call call)
    {
        if (call.First.Kind == JsonValueKind.String) return call.First;
        using var written = new RecordBuffer();
        if (!new JmesWriter(written, OversizeRecord.LargestBytes, call.Evaluation.HoldText).TryWrite(call.First)) throw new JmesFaultException(null);
        written.EndRecord();
        using var compact = new RecordBuffer(written.Length, 1);
        JsonText.WriteCompact(written[0], compact);
        compact.EndRecord();
        return JmesValue.Of(Encoding.UTF8.GetString(compact[0]));
    }

    private static string TypeOf(in JmesValue value) => value.Kind switch
    {
        JsonValueKind.Number => "number",
        JsonValueKind.String => "string",
        JsonValueKind.True or JsonValueKind.False => "boolean",
        JsonValueKind.Array => "array",
        JsonValueKind.Object => "object",
        _ => "null",
    };
}
