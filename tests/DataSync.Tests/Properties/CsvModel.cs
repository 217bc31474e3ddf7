using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace DataSync.Tests.Properties;

/// <summary>What a CSV export should hold, worked out the plain way: with a document model, dictionaries and strings.</summary>
internal static class CsvModel
{
    public static (List<string> Header, List<List<string?>> Rows) Table(IEnumerable<string> documents) => Table(documents, Text, []);

    /// <summary>The same of records at whose end members were added: their columns have those names, and own members of such a name another.</summary>
    public static (List<string> Header, List<List<string?>> Rows) Table(IEnumerable<string> documents, params string[] added) => Table(documents, Text, added);

    /// <summary>The same table with the JSON of each value, as it stands; null where there is none, or null.</summary>
    public static (List<string> Header, List<List<string?>> Rows) JsonTable(IEnumerable<string> documents)
        => Table(documents, value => value.ValueKind == JsonValueKind.Null ? null : value.GetRawText(), []);

    private static (List<string> Header, List<List<string?>> Rows) Table(IEnumerable<string> documents, Func<JsonElement, string?> text, string[] added)
    {
        var header = new List<string>();
        var records = documents.Select(document =>
        {
            var cells = new Dictionary<string, string?>(StringComparer.Ordinal);
            using var json = JsonDocument.Parse(document, new JsonDocumentOptions { MaxDepth = 1000 });
            if (json.RootElement.ValueKind == JsonValueKind.Object) AddMembers(json.RootElement, null, cells, header, text, added);
            else Add("\\value", text(json.RootElement), cells, header);
            return cells;
        }).ToList();
        var rows = records.Select(r => header.Select(name => r.GetValueOrDefault(name)).ToList()).ToList();
        return (header, rows);
    }

    /// <summary>The text a JSON string's inside stands for; halves of surrogate pairs stay as they are written.</summary>
    public static string Unescape(string inside)
    {
        var text = new StringBuilder();
        for (var i = 0; i < inside.Length; i++)
        {
            if (inside[i] != '\\') text.Append(inside[i]);
            else if (inside[++i] != 'u') text.Append("\"\\/\b\f\n\r\t"["\"\\/bfnrt".IndexOf(inside[i])]);
            else
            {
                var unit = Unit(inside, i);
                if (char.IsHighSurrogate(unit) && i + 11 <= inside.Length && inside[i + 5] == '\\' && inside[i + 6] == 'u' && char.IsLowSurrogate(Unit(inside, i + 6)))
                {
                    text.Append(unit).Append(Unit(inside, i + 6));
                    i += 10;
                    continue;
                }

                if (char.IsSurrogate(unit)) text.Append('\\').Append(inside, i, 5);
                else text.Append(unit);
                i += 4;
            }
        }

        return text.ToString();
    }

    private static void AddMembers(JsonElement element, string? path, Dictionary<string, string?> cells, List<string> header, Func<JsonElement, string?> text, string[] added)
    {
        var own = element.EnumerateObject().Count() - added.Length;
        foreach (var (index, member) in element.EnumerateObject().Index())
        {
            var name = Unescape(Encoding.UTF8.GetString(JsonMarshal.GetRawUtf8PropertyName(member))).Replace("\\", "\\\\").Replace(".", "\\.");
            if (index >= own) name = added[index - own];
            else if (added.Contains(name, StringComparer.Ordinal)) name = "\\" + name;
            name = path is null ? name : path + "." + name;
            if (member.Value.ValueKind == JsonValueKind.Object && member.Value.EnumerateObject().Any()) AddMembers(member.Value, name, cells, header, text, []);
            else Add(name, text(member.Value), cells, header);
        }
    }

    private static void Add(string name, string? value, Dictionary<string, string?> cells, List<string> header)
    {
        var unique = name;
        for (var occurrence = 2; cells.ContainsKey(unique); occurrence++) unique = name + "\\" + occurrence;
        cells.Add(unique, value);
        if (!header.Contains(unique)) header.Add(unique);
    }

    private static string? Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.String => Unescape(value.GetRawText()[1..^1]),
        _ => value.GetRawText(),
    };

    private static char Unit(string inside, int u) => (char)int.Parse(inside.AsSpan(u + 1, 4), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
