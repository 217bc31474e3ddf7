using System.Globalization;
using System.Text.Json;

namespace DataSync.Faults.Books;

/// <summary>The rows that an exported file holds; null stands for one that cannot be read as a row.</summary>
internal static class ExportText
{
    public static IEnumerable<SourceRow?> Rows(string format, string text) => format switch
    {
        "jsonl" => text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(OfJson),
        "json" => Page(text),
        "csv" => Table(text),
        _ => [null],
    };

    private static IEnumerable<SourceRow?> Page(string text)
    {
        try
        {
            return [.. JsonElement.Parse(text).GetProperty("data").EnumerateArray().Select(record => OfJson(record.GetRawText()))];
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return [null];
        }
    }

    /// <summary>A job that stored nothing has no columns; one that has records names them.</summary>
    private static IEnumerable<SourceRow?> Table(string text)
    {
        int[] at = [];
        foreach (var fields in CsvText.Read(text))
        {
            if (at.Length == 0) at = [.. ((string[])["key", "version", "payload"]).Select(name => Array.IndexOf(fields, name))];
            else yield return at.All(i => i >= 0 && i < fields.Length) ? OfText(fields[at[0]], fields[at[1]], fields[at[2]]) : null;
        }
    }

    private static SourceRow? OfText(string key, string version, string payload)
        => long.TryParse(key, CultureInfo.InvariantCulture, out var number) && int.TryParse(version, CultureInfo.InvariantCulture, out var change) ? SourceRow.Of(number, change, payload) : null;

    private static SourceRow? OfJson(string line)
    {
        try
        {
            var record = JsonElement.Parse(line);
            return SourceRow.Of(record.GetProperty("key").GetInt64(), record.GetProperty("version").GetInt32(), record.GetProperty("payload").GetString()!);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }
}
