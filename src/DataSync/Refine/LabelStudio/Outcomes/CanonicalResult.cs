using System.Globalization;
using System.Text;
using System.Text.Json;

namespace DataSync.Refine.LabelStudio.Outcomes;

/// <summary>A text that two results have in common if people meant the same: without ids and what a tool adds, members in order, numbers by value, sets without order.</summary>
internal static class CanonicalResult
{
    private static readonly HashSet<string> Ignored = new(StringComparer.Ordinal) { "id", "parentID", "from_id", "to_id", "origin", "score", "readonly", "hidden", "meta", "original_width", "original_height", "image_rotation" };

    public static string Of(JsonElement result)
    {
        var text = new StringBuilder();
        Write(text, result, "", top: true);
        return text.ToString();
    }

    private static void Write(StringBuilder text, JsonElement element, string name, bool top)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                text.Append('{');
                foreach (var member in element.EnumerateObject().Where(m => !top || !Ignored.Contains(m.Name)).OrderBy(m => m.Name, StringComparer.Ordinal))
                {
                    text.Append(JsonSerializer.Serialize(member.Name)).Append(':');
                    Write(text, member.Value, member.Name, top: false);
                    text.Append(',');
                }

                text.Append('}');
                break;
            case JsonValueKind.Array:
                text.Append('[').AppendJoin(',', IsSet(name) ? Items(element).Order(StringComparer.Ordinal) : Items(element)).Append(']');
                break;
            case JsonValueKind.Number:
                text.Append(element.TryGetDecimal(out var number) ? number.ToString("0.############################", CultureInfo.InvariantCulture) : element.GetDouble().ToString("R", CultureInfo.InvariantCulture));
                break;
            case JsonValueKind.String:
                text.Append(JsonSerializer.Serialize(element.GetString()));
                break;
            default:
                text.Append(element.GetRawText());
                break;
        }
    }

    private static IEnumerable<string> Items(JsonElement list) => list.EnumerateArray().Select(item =>
    {
        var text = new StringBuilder();
        Write(text, item, "", top: false);
        return text.ToString();
    });

    /// <summary>Chosen labels have no order.</summary>
    private static bool IsSet(string name) => name == "choices" || name == "taxonomy" || name.EndsWith("labels", StringComparison.Ordinal);
}
