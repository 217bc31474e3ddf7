using System.Text.Json;
using DataSync.Faults.Running;

namespace DataSync.Faults.Books;

/// <summary>Holds an export against the ledger: every row once, as it was, and no other.</summary>
internal static class ExportAudit
{
    public static async Task<List<Difference>> CompareAsync(FaultClient client, Guid job, IReadOnlyDictionary<long, SourceRow> rows, CancellationToken ct)
    {
        await using var export = await client.ExportAsync(job, "data.jsonl", ct);
        if (export is null) return [new("no export", $"job {job}")];
        using var lines = new StreamReader(export);
        List<Difference> differences = [];
        HashSet<long> seen = [];
        while (await lines.ReadLineAsync(ct) is { } line)
        {
            if (Read(line) is not { } row) differences.Add(new("no record", $"job {job}: line {seen.Count + 1}"));
            else if (!rows.TryGetValue(row.Key, out var expected)) differences.Add(new("unknown", $"job {job}: key {row.Key}"));
            else if (!seen.Add(row.Key)) differences.Add(new("twice", $"job {job}: key {row.Key}"));
            else if (row != expected) differences.Add(new("changed", $"job {job}: key {row.Key}, version {row.Version} for {expected.Version}"));
        }

        differences.AddRange(rows.Keys.Where(key => !seen.Contains(key)).Select(key => new Difference("missing", $"job {job}: key {key}")));
        return differences;
    }

    private static SourceRow? Read(string line)
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
