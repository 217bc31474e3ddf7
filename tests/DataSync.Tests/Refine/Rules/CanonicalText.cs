using System.Text;
using System.Text.Json;
using DataSync.Pipeline.Failures;
using DataSync.Refine.Rules;
using DataSync.Refine.Rules.Logic;
using DataSync.Refine.Rules.Records;

namespace DataSync.Tests.Refine.Rules;

/// <summary>Our answer to an expression as text: numbers rounded to doubles, text in ASCII, members sorted.</summary>
internal static class CanonicalText
{
    public static string Evaluate(string logic, string data)
    {
        var faults = new List<Fault>();
        using var parsed = JsonDocument.Parse(logic);
        var node = new LogicCompiler(faults).Compile(parsed.RootElement, "");
        if (faults.Count > 0) return "throws";
        var evaluation = new Evaluation();
        evaluation.Record.Load(Encoding.UTF8.GetBytes(data));
        try
        {
            return Show(evaluation, node.Evaluate(evaluation, evaluation.Record.Root));
        }
        catch (RuleFailureException)
        {
            return "throws";
        }
    }

    private static string Show(Evaluation evaluation, Value value)
    {
        if (value.Form == ValueForm.Undefined) return "undefined";
        if (value.IsNumber) return NumberWriter.ToText(Number.Of(Coercion.Read(value).ToDouble()));
        if (value.IsText) return Quote(Coercion.ToText(evaluation, value));
        if (value.IsArray)
        {
            var items = new List<string>();
            var cursor = new ArrayCursor(evaluation, value);
            while (cursor.MoveNext(out var item)) items.Add(Show(evaluation, item));
            return $"[{string.Join(',', items)}]";
        }

        if (value.Form == ValueForm.Scope)
            return $"{{\"accumulator\":{Show(evaluation, value.Scope.Accumulator)},\"current\":{Show(evaluation, value.Scope.Current)}}}";
        if (value.IsObject) return ShowObject(evaluation, value);
        return Coercion.ToText(evaluation, value);
    }

    private static string ShowObject(Evaluation evaluation, Value value)
    {
        var written = new ScratchBuffer();
        JsonOutput.Write(evaluation, written, value);
        var members = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var cursor = new MemberCursor(written.Bytes, 0, written.Length);
        while (cursor.MoveNext())
            members[JsonText.Unescape(JsonText.Inside(cursor.Name))] = Show(evaluation, Value.OfRaw(written.Bytes, cursor.ValueStart, cursor.ValueLength));
        return $"{{{string.Join(',', members.Select(m => $"{Quote(m.Key)}:{m.Value}"))}}}";
    }

    private static string Quote(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var c in text)
        {
            quoted.Append(c switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                '\b' => "\\b",
                '\f' => "\\f",
                < ' ' or >= '\u007f' => $"\\u{(int)c:x4}",
                _ => c.ToString(),
            });
        }

        return quoted.Append('"').ToString();
    }
}
