using System.Globalization;
using System.Text.Json;
using DataSync.Pipeline.Failures;

namespace DataSync.Pipeline.Documents.Schemas.Keywords;

/// <summary>Makes a check of a keyword; null where it demands nothing by itself, or is wrong, which is said then.</summary>
internal delegate SchemaCheck? BuildCheck(KeywordPlace keyword);

/// <summary>A keyword as it stands in a schema.</summary>
/// <param name="Compiler">Makes the schema ready.</param>
/// <param name="Schema">The part it stands in.</param>
/// <param name="Name">What it is called.</param>
/// <param name="Value">What it is given.</param>
/// <param name="Path">Where the part stands, for people.</param>
/// <param name="Place">The same for references.</param>
/// <param name="Depth">How deep.</param>
internal readonly record struct KeywordPlace(SchemaCompiler Compiler, JsonElement Schema, string Name, JsonElement Value, string Path, string Place, int Depth)
{
    public string At => Path + JsonPointer.Segment(Name);

    /// <summary>A keyword beside this one.</summary>
    public KeywordPlace? Beside(string name) => Schema.TryGetProperty(name, out var value) ? this with { Name = name, Value = value } : null;

    /// <summary>The schema that is the keyword's value.</summary>
    public SchemaNode Part() => Compiler.Part(Value, At, $"{Place}/{Name}", Depth + 1);

    /// <summary>A schema within the keyword's value.</summary>
    public SchemaNode Part(string member, JsonElement schema) => Compiler.Part(schema, At + JsonPointer.Segment(member), $"{Place}/{Name}/{Escaped(member)}", Depth + 1);

    /// <summary>The schemas of a list; null where it is none, which is said.</summary>
    public SchemaNode[]? Parts()
    {
        if (Value.ValueKind != JsonValueKind.Array || Value.GetArrayLength() == 0) return Wrong<SchemaNode[]>();
        var self = this;
        return [.. Value.EnumerateArray().Select((schema, i) => self.Part(i.ToString(CultureInfo.InvariantCulture), schema))];
    }

    /// <summary>The schemas by name; null where it is no object, which is said.</summary>
    public Dictionary<string, SchemaNode>? NamedParts()
    {
        if (Value.ValueKind != JsonValueKind.Object) return Wrong<Dictionary<string, SchemaNode>>();
        var parts = new Dictionary<string, SchemaNode>(StringComparer.Ordinal);
        foreach (var member in Value.EnumerateObject()) parts[member.Name] = Part(member.Name, member.Value);
        return parts;
    }

    /// <summary>A whole number from 0 on, 2.0 being one; null where it is none, which is said.</summary>
    public int? Count()
    {
        if (Value.ValueKind == JsonValueKind.Number && Value.TryGetDecimal(out var count) && count is >= 0 and <= int.MaxValue && decimal.IsInteger(count)) return (int)count;
        Wrong<object>();
        return null;
    }

    /// <summary>Names, each once; null where it is no such list, which is said.</summary>
    public string[]? Names()
    {
        if (Value.ValueKind != JsonValueKind.Array || Value.EnumerateArray().Any(n => n.ValueKind != JsonValueKind.String)) return Wrong<string[]>();
        string[] names = [.. Value.EnumerateArray().Select(n => n.GetString()!)];
        return names.Distinct(StringComparer.Ordinal).Count() == names.Length ? names : Wrong<string[]>();
    }

    public T? Wrong<T>() where T : class
    {
        Refuse("faults.webhook.schema_value", ("name", Name));
        return null;
    }

    public void Refuse(string key, params (string, object?)[] values) => Compiler.Refuse(At, key, values);

    /// <summary>Would check nothing where it stands: what it belongs to is not there.</summary>
    public SchemaCheck? Idle()
    {
        Refuse("faults.webhook.schema_keyword", ("name", Name));
        return null;
    }

    private static string Escaped(string name) => name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
}
