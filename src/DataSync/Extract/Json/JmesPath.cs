using System.Text.Json;
using DataSync.Extract.Json.Jmes;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Json;

/// <summary>
/// A JMESPath expression. What it selects from a document keeps its bytes: a library that makes values of its own would change long numbers. Most are plain paths,
/// whose elements come one after the other; any other is carried out as a whole, within bounds of work and memory.
/// </summary>
internal sealed class JmesPath
{
    private const int Longest = 1000;
    private readonly PlainPath? _plain;
    private readonly Expression? _expression;

    private JmesPath(string text, PlainPath? plain, Expression? expression) => (Text, _plain, _expression) = (text, plain, expression);

    public string Text { get; }

    /// <summary>Reads what <see cref="Validate"/> found nothing wrong with.</summary>
    public static JmesPath Parse(string text) => PlainPath.TryParse(text, out var plain) ? new JmesPath(text, plain, null) : new JmesPath(text, null, new Parser(text).Read());

    /// <summary>What is wrong with an expression, and where it is.</summary>
    /// <param name="given">What was given as one.</param>
    /// <param name="at">Where that stands in the request.</param>
    public static IEnumerable<Fault> Validate(JsonElement given, string at)
    {
        try
        {
            if (given.ValueKind != JsonValueKind.String || given.GetString() is not { Length: > 0 and <= Longest } text) return [new Fault(at, "faults.jmespath.text", ("longest", Longest))];
            Parse(text);
            return [];
        }
        catch (JmesSyntaxException e)
        {
            return [e.Fault(at)];
        }
        catch (InvalidOperationException)
        {
            return [new Fault(at, "faults.jmespath.text", ("longest", Longest))]; // half of a surrogate pair is no text
        }
    }

    /// <summary>The one value the expression selects; of a projection or a list it makes, the first. Undefined where there is none, or none that stands in the document.</summary>
    public JsonElement Find(JsonElement root)
    {
        if (_plain is not null) return _plain.Find(root);
        var value = Evaluate(_expression!, root);
        return value is { IsMade: true, Kind: JsonValueKind.Array } ? value.At(0).Element : value.Element;
    }

    /// <summary>The records the expression selects: a list's elements, or an object as the only one; null is a list without elements.</summary>
    /// <param name="root">The document.</param>
    /// <param name="found">The kind of what was found where no records are: a scalar's, or undefined for nothing at all.</param>
    public IEnumerable<JmesValue>? Records(JsonElement root, out JsonValueKind found)
    {
        if (_plain is not null)
        {
            var at = _plain.Base(root);
            found = at.ValueKind;
            return found is JsonValueKind.Array or JsonValueKind.Object && _plain.IsProjection ? _plain.Select(root).Select(e => new JmesValue(e)) : Records(new JmesValue(at));
        }

        var value = Evaluate(_expression!, root);
        found = value.Kind;
        return Records(value);
    }

    /// <summary>How many elements the list has that the expression picks its records from; null where it picks none, but takes what is there.</summary>
    public long? Listed(JsonElement root)
    {
        var list = _plain is not null ? _plain.IsProjection ? new JmesValue(_plain.Base(root)) : default : _expression!.Listed is { } listed ? Evaluate(listed, root) : default;
        return list.Kind is JsonValueKind.Array or JsonValueKind.Object ? list.Length : null;
    }

    private static IEnumerable<JmesValue>? Records(in JmesValue value) => value.Kind switch
    {
        JsonValueKind.Null => [],
        JsonValueKind.Array => value.Elements(),
        JsonValueKind.Object => [value],
        _ => null,
    };

    private JmesValue Evaluate(Expression expression, JsonElement root)
    {
        try
        {
            return expression.Of(new JmesValue(root), new Evaluation());
        }
        catch (JmesFaultException e) when (e.Function is { } function)
        {
            throw new SyncFailureException(SyncFailure.Permanent("errors.extraction.expression", ("path", Text), ("function", function)), e);
        }
        catch (Exception e) when (e is JmesFaultException or InvalidOperationException)
        {
            // text that is no Unicode can be handed on, but not looked into
            throw new SyncFailureException(SyncFailure.Permanent(e is JmesFaultException ? "errors.extraction.expression_costs" : "errors.extraction.expression_text", ("path", Text)), e);
        }
    }
}
