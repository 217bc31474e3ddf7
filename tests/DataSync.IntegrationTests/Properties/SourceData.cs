using System.Text;
using System.Text.Json;

namespace DataSync.IntegrationTests.Properties;

/// <summary>A column of a generated source table: its PostgreSQL type, and each row's value as PostgreSQL reads it (null for NULL).</summary>
internal sealed record SourceDataColumn(string Name, string Type, IReadOnlyList<string?> Values)
{
    /// <summary>A value as a record must have it.</summary>
    public string Json(int row) => Values[row] is not { } value ? "null" : Type switch
    {
        "text" => JsonQuoted.Of(value),
        "json" => value.AsSpan().ContainsAny('\r', '\n') ? Compact(value) : value.Trim(' ', '\t'),
        _ => value,
    };

    /// <summary>JSON that spans lines becomes one line: without the space between its tokens.</summary>
    private static string Compact(string json)
    {
        var text = new StringBuilder(json.Length);
        var quoted = false;
        for (var i = 0; i < json.Length; i++)
        {
            if (!quoted && char.IsWhiteSpace(json[i])) continue;
            if (json[i] == '"') quoted = !quoted;
            text.Append(json[i]);
            if (quoted && json[i] == '\\') text.Append(json[++i]);
        }

        return text.ToString();
    }
}

/// <summary>The generated content of a source table, besides its key <c>row</c>, which counts from 0.</summary>
internal sealed record SourceData(int Rows, IReadOnlyList<SourceDataColumn> Columns)
{
    /// <summary>JSON objects as rows of json columns, one for each of the members named; a member that a document lacks is NULL.</summary>
    public static SourceData OfDocuments(IReadOnlyList<string> documents, IEnumerable<string> members)
    {
        var parsed = documents.Select(d => JsonElement.Parse(d)).ToList();
        return new SourceData(documents.Count, [.. members.Select(m => new SourceDataColumn(m, "json", [.. parsed.Select(d => d.TryGetProperty(m, out var value) ? value.GetRawText() : null)]))]);
    }

    /// <summary>The record that a row must become.</summary>
    public string Record(int row) => $"{{\"row\":{row}{string.Concat(Columns.Select(c => $",{JsonQuoted.Of(c.Name)}:{c.Json(row)}"))}}}";

    /// <summary>The records that the rows must become, in order.</summary>
    public string[] Records() => [.. Enumerable.Range(0, Rows).Select(Record)];
}

/// <summary>Text as a JSON string that escapes what it must and nothing else.</summary>
internal static class JsonQuoted
{
    public static string Of(string text)
        => $"\"{string.Concat(text.Select(c => c is '"' or '\\' ? $"\\{c}" : c < ' ' ? $"\\u{(int)c:x4}" : c.ToString()))}\"";
}
