using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace DataSync.Extract.Json.Jmes;

/// <summary>
/// The part of JMESPath that most paths are written in: identifiers, quoted identifiers, indexes, <c>[*]</c>, <c>[]</c>, <c>*</c> and <c>@</c>. It selects elements of
/// the document one after the other and holds none.
/// </summary>
internal sealed class PlainPath
{
    private readonly IReadOnlyList<Step> _steps;

    private PlainPath(IReadOnlyList<Step> steps) => (_steps, IsProjection) = (steps, steps.Any(s => s.Kind is not (StepKind.Field or StepKind.Index)));

    private enum StepKind { Field, Index, Elements, Flatten, Values }

    /// <summary>True where the path selects a list of its own making, instead of one value.</summary>
    public bool IsProjection { get; }

    /// <summary>False for what is no such path; it may be another expression.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out PlainPath? path)
    {
        var steps = new List<Step>();
        path = new Parser(text).TryRead(steps) && !Nests(steps) ? new PlainPath(steps) : null;
        return path is not null;
    }

    /// <summary>A list for each element makes lists of lists, which stand nowhere in the document.</summary>
    private static bool Nests(List<Step> steps)
    {
        var first = steps.FindIndex(s => s.Kind is not (StepKind.Field or StepKind.Index));
        return first >= 0 && steps.FindIndex(first + 1, s => s.Kind is StepKind.Elements or StepKind.Values) >= 0;
    }

    /// <summary>The one value at the path; undefined where there is none. Of a projection, the first.</summary>
    public JsonElement Find(JsonElement root) => Select(root).FirstOrDefault();

    /// <summary>What the path's projection is made from, or without one, the value at the path; undefined where there is none.</summary>
    public JsonElement Base(JsonElement root)
    {
        var first = 0;
        while (first < _steps.Count && _steps[first].Kind is StepKind.Field or StepKind.Index) first++;
        return first == _steps.Count ? Find(root) : new PlainPath([.. _steps.Take(first)]).Find(root);
    }

    /// <summary>What the path selects, in the order of the document. A projection leaves nulls out, as JMESPath does.</summary>
    public IEnumerable<JsonElement> Select(JsonElement root) => Select(root, 0, projected: false);

    private IEnumerable<JsonElement> Select(JsonElement at, int step, bool projected)
    {
        if (step == _steps.Count) return projected && at.ValueKind == JsonValueKind.Null ? [] : [at];
        var (kind, name, index) = _steps[step];
        switch (kind)
        {
            case StepKind.Field:
                return at.ValueKind == JsonValueKind.Object && at.TryGetProperty(name!, out var member) ? Select(member, step + 1, projected) : [];
            case StepKind.Index:
                if (at.ValueKind != JsonValueKind.Array) return [];
                var place = index < 0 ? at.GetArrayLength() + index : index;
                return place >= 0 && place < at.GetArrayLength() ? Select(at[place], step + 1, projected) : [];
            case StepKind.Values:
                return at.ValueKind == JsonValueKind.Object ? at.EnumerateObject().SelectMany(m => Select(m.Value, step + 1, projected: true)) : [];
            case StepKind.Elements:
                return at.ValueKind == JsonValueKind.Array ? at.EnumerateArray().SelectMany(e => Select(e, step + 1, projected: true)) : [];
            default:
                // in a projection, what is flattened is the projection's list, of which this is one element
                var merged = projected ? Flat(at) : at.ValueKind == JsonValueKind.Array ? at.EnumerateArray().SelectMany(Flat) : [];
                return merged.SelectMany(e => Select(e, step + 1, projected: true));
        }
    }

    private static IEnumerable<JsonElement> Flat(JsonElement element) => element.ValueKind == JsonValueKind.Array ? element.EnumerateArray() : [element];

    private readonly record struct Step(StepKind Kind, string? Name = null, int Index = 0);

    private sealed class Parser(string text)
    {
        private int _at;

        private bool AtEnd => _at == text.Length;

        private char Current => AtEnd ? '\0' : text[_at];

        public bool TryRead(List<Step> steps)
        {
            if (text == "@") return true;
            if (Current == '@') _at++;
            else if (Current != '[' && !TryName(steps)) return false;
            while (!AtEnd)
            {
                if (Current == '.')
                {
                    _at++;
                    if (!TryName(steps)) return false;
                }
                else if (Current != '[' || !TryBracket(steps))
                {
                    return false;
                }
            }

            return true;
        }

        private bool TryName(List<Step> steps)
        {
            if (Current == '*')
            {
                _at++;
                steps.Add(new Step(StepKind.Values));
                return true;
            }

            if (Current == '"') return TryQuoted(steps);
            var start = _at;
            while (char.IsAsciiLetterOrDigit(Current) || Current == '_') _at++;
            if (_at == start || char.IsAsciiDigit(text[start])) return false;
            steps.Add(new Step(StepKind.Field, text[start.._at]));
            return true;
        }

        /// <summary>A quoted name is a JSON string.</summary>
        private bool TryQuoted(List<Step> steps)
        {
            var end = _at + 1;
            while (end < text.Length && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
            if (end >= text.Length) return false;
            try
            {
                steps.Add(new Step(StepKind.Field, JsonSerializer.Deserialize<string>(text[_at..(end + 1)])));
            }
            catch (JsonException)
            {
                return false;
            }

            _at = end + 1;
            return true;
        }

        private bool TryBracket(List<Step> steps)
        {
            var end = text.IndexOf(']', _at);
            if (end < 0) return false;
            var inside = text[(_at + 1)..end];
            _at = end + 1;
            Step? step = inside switch
            {
                "" => new Step(StepKind.Flatten),
                "*" => new Step(StepKind.Elements),
                _ => int.TryParse(inside, System.Globalization.NumberStyles.AllowLeadingSign, System.Globalization.CultureInfo.InvariantCulture, out var index) && inside[0] != '+'
                    ? new Step(StepKind.Index, Index: index)
                    : null,
            };
            if (step is { } known) steps.Add(known);
            return step is not null;
        }
    }
}
