using System.Text.Json;
using DataSync.Pipeline.Failures;

namespace DataSync.Refine.Rules;

/// <summary>Checks the form of a configuration and notes each fault with its pointer.</summary>
internal sealed class JsonShape(List<Fault> faults)
{
    public void Refuse(string path, string key, params (string Name, object? Value)[] values) => faults.Add(new Fault(path, key, values));

    public bool Is(JsonElement element, JsonValueKind kind, string path)
    {
        if (element.ValueKind == kind) return true;
        var type = kind switch { JsonValueKind.Array => "array", JsonValueKind.Object => "object", _ => "string" };
        Refuse(path, "faults.rules.wrong_type", ("type", type));
        return false;
    }

    /// <summary>Notes every member that is unknown or comes twice.</summary>
    public void KnowsOnly(JsonElement element, string path, params ReadOnlySpan<string> known)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var member in element.EnumerateObject())
        {
            var inner = $"{path}{JsonPointer.Segment(member.Name)}";
            if (!known.Contains(member.Name)) Refuse(inner, "faults.rules.unknown_member", ("member", member.Name));
            else if (!seen.Add(member.Name)) Refuse(inner, "faults.rules.duplicate_member", ("member", member.Name));
        }
    }

    /// <summary>A text that must be there; null, and a fault, where it is not right.</summary>
    public string? Text(JsonElement element, string member, string path, int limit)
    {
        var inner = $"{path}/{member}";
        if (element.TryGetProperty(member, out var value)) return Text(value, inner, limit);
        Refuse(inner, "faults.rules.required");
        return null;
    }

    /// <inheritdoc cref="Text(JsonElement, string, string, int)"/>
    public string? Text(JsonElement value, string path, int limit)
    {
        if (!Is(value, JsonValueKind.String, path)) return null;
        var text = value.GetString()!;
        if (text.Length > 0 && text.Length <= limit) return text;
        Refuse(path, text.Length == 0 ? "faults.rules.empty" : "faults.rules.too_long", ("limit", limit));
        return null;
    }
}
