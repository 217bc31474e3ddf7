using System.Text.Json;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Connectors;

/// <summary>The checks that connectors share when they validate <c>connection_params</c>.</summary>
internal static class SourceFields
{
    private const string Path = "/connection_params";

    /// <summary>Members nobody knows are refused by name; so is anything but an object.</summary>
    public static IEnumerable<Fault> Unknown(JsonElement given, IReadOnlySet<string> known)
        => given.ValueKind != JsonValueKind.Object
            ? [new Fault(Path, "faults.source.object")]
            : given.EnumerateObject().Where(m => m.Name != "driver" && !known.Contains(m.Name)).Select(m => Fault(m.Name, "faults.source.unknown", ("name", m.Name)));

    /// <summary>A required text that is not empty, not too long and holds no control character.</summary>
    public static IEnumerable<Fault> Text(JsonElement given, string name, int longest)
    {
        if (given.ValueKind != JsonValueKind.Object) yield break;
        if (!Has(given, name, out var value)) yield return Fault(name, "faults.source.required", ("name", name));
        else if (value.ValueKind != JsonValueKind.String) yield return Fault(name, "faults.source.text", ("name", name), ("longest", longest));
        else if (!IsText(value, longest)) yield return Fault(name, "faults.source.text", ("name", name), ("longest", longest));
    }

    /// <summary>True where the member is there.</summary>
    public static bool Has(JsonElement given, string name, out JsonElement value)
    {
        value = default;
        return given.ValueKind == JsonValueKind.Object && given.TryGetProperty(name, out value);
    }

    public static Fault Fault(string name, string key, params (string Name, object? Value)[] values)
        => new($"{Path}/{name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}", key, values);

    private static bool IsText(JsonElement value, int longest)
    {
        try
        {
            var text = value.GetString()!;
            return text.Length > 0 && text.Length <= longest && !text.Any(char.IsControl);
        }
        catch (InvalidOperationException)
        {
            // a lone surrogate in an escape is no text
            return false;
        }
    }
}
