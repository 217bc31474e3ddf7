using System.Text;
using System.Text.Json;

namespace DataSync.Dev.Demo;

/// <summary>Compares exported files with the source, record by record, in whatever order they come.</summary>
sealed class ExportComparison(SourceDatabase source)
{
    /// <summary>Returns what is wrong, or null if the files of each format hold exactly the source's records.</summary>
    public async Task<string?> FindDifferenceAsync(IReadOnlyList<ExportedFile> files, IReadOnlyList<string> formats, CancellationToken ct)
    {
        var (typed, flat) = await SourceAsync(ct);
        foreach (var format in formats)
        {
            var paths = files.Where(f => f.Format == format).Select(f => f.Path).ToList();
            if (paths.Count == 0) return $"{format}: no file was exported";
            var difference = format == "csv" ? Compare(flat, paths.SelectMany(ReadCsv)) : Compare(typed, paths.SelectMany(ReadJson));
            if (difference is not null) return $"{format}: {difference}";
        }
        return null;
    }

    internal static string? Compare(Dictionary<string, int> expected, IEnumerable<string> exported)
    {
        foreach (var record in exported)
        {
            if (!expected.TryGetValue(record, out var left)) return $"a record is not in the source: {record}";
            if (left == 1) expected.Remove(record);
            else expected[record] = left - 1;
        }
        return expected.Count == 0 ? null : $"{expected.Values.Sum()} records are missing, such as {expected.Keys.First()}";
    }

    async Task<(Dictionary<string, int> Typed, Dictionary<string, int> Flat)> SourceAsync(CancellationToken ct)
    {
        var (typed, flat) = (new Dictionary<string, int>(StringComparer.Ordinal), new Dictionary<string, int>(StringComparer.Ordinal));
        await foreach (var json in source.RecordsAsync(ct))
        {
            using var document = JsonDocument.Parse(json);
            Count(typed, CanonicalRecord.Typed(document.RootElement));
            Count(flat, CanonicalRecord.Flat(document.RootElement));
        }
        return (typed, flat);

        static void Count(Dictionary<string, int> records, string record) => records[record] = records.GetValueOrDefault(record) + 1;
    }

    static IEnumerable<string> ReadJson(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        foreach (var record in document.RootElement.GetProperty("data").EnumerateArray()) yield return CanonicalRecord.Typed(record);
    }

    static IEnumerable<string> ReadCsv(string path)
    {
        using var reader = new StreamReader(path, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true));
        foreach (var record in CsvRecords.Read(reader)) yield return CanonicalRecord.Flat(record);
    }
}
