using System.Collections.Frozen;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace DataSync.Pipeline.Documents.Schemas.Checks;

/// <summary><c>required</c>.</summary>
internal sealed class RequiredCheck(string[] names) : SchemaCheck
{
    private readonly (string Name, byte[] Utf8)[] _names = [.. names.Select(n => (n, Encoding.UTF8.GetBytes(n)))];

    public override bool Passes(JsonElement value, SchemaEvaluation evaluation)
    {
        if (value.ValueKind != JsonValueKind.Object) return true;
        foreach (var (name, utf8) in _names)
        {
            if (!evaluation.SpendLookup(value) || !value.TryGetProperty(utf8, out _)) return evaluation.WrongAt(name);
        }

        return true;
    }
}

/// <summary>Members by their name, by patterns of names, and all others. A name that comes twice is looked at twice: who reads the record later may take either.</summary>
internal sealed class MembersCheck(Dictionary<string, SchemaNode> byName, (Regex Pattern, SchemaNode Schema)[] byPattern, SchemaNode? others) : SchemaCheck
{
    private readonly FrozenDictionary<string, SchemaNode> _byName = byName.ToFrozenDictionary(StringComparer.Ordinal);

    public override bool Passes(JsonElement value, SchemaEvaluation evaluation)
    {
        if (value.ValueKind != JsonValueKind.Object) return true;
        var lookup = _byName.GetAlternateLookup<ReadOnlySpan<char>>();
        Span<char> buffer = stackalloc char[128];
        foreach (var member in value.EnumerateObject())
        {
            using var name = new JsonText(JsonMarshal.GetRawUtf8PropertyName(member), buffer);
            var isKnown = lookup.TryGetValue(name.Span, out var schema);
            if (!evaluation.Spend(1) || (schema is not null && !schema.Passes(member.Value, evaluation))) return evaluation.WrongAt(name.Span.ToString());
            foreach (var (pattern, own) in byPattern)
            {
                if (!PatternCheck.IsMatch(pattern, name.Span, evaluation)) continue;
                isKnown = true;
                if (!own.Passes(member.Value, evaluation)) return evaluation.WrongAt(name.Span.ToString());
            }

            if (!isKnown && others?.Passes(member.Value, evaluation) == false) return evaluation.WrongAt(name.Span.ToString());
        }

        return true;
    }
}

/// <summary><c>propertyNames</c>: each name, as a text.</summary>
internal sealed class NamesCheck(SchemaNode schema) : SchemaCheck
{
    public override bool Passes(JsonElement value, SchemaEvaluation evaluation)
    {
        if (value.ValueKind != JsonValueKind.Object) return true;
        foreach (var member in value.EnumerateObject())
        {
            var raw = JsonMarshal.GetRawUtf8PropertyName(member);
            if (schema.Passes(JsonElement.Parse([(byte)'"', .. raw, (byte)'"']), evaluation)) continue;
            using var name = new JsonText(raw, []);
            return evaluation.WrongAt(name.Span.ToString());
        }

        return true;
    }
}

/// <summary>What must be there, or be so, where a member is there.</summary>
internal sealed class DependencyCheck(Dictionary<string, string[]> names, Dictionary<string, SchemaNode> schemas) : SchemaCheck
{
    public override IEnumerable<SchemaNode> InPlace => schemas.Values;

    public override bool Passes(JsonElement value, SchemaEvaluation evaluation)
    {
        if (value.ValueKind != JsonValueKind.Object) return true;
        foreach (var (name, needed) in names)
        {
            if (!evaluation.SpendLookup(value) || !value.TryGetProperty(name, out _)) continue;
            foreach (var other in needed)
            {
                if (!evaluation.SpendLookup(value) || !value.TryGetProperty(other, out _)) return evaluation.WrongAt(other);
            }
        }

        foreach (var (name, schema) in schemas)
        {
            if (evaluation.SpendLookup(value) && value.TryGetProperty(name, out _) && !schema.Passes(value, evaluation)) return false;
        }

        return true;
    }
}
