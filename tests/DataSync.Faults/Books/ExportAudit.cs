using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DataSync.Faults.Running;

namespace DataSync.Faults.Books;

/// <summary>Holds an export against the ledger: in every format each row once, as it was, and no other; and each file as its manifest says.</summary>
internal static class ExportAudit
{
    private static readonly string[] AboutTheFiles = ["manifest", "sha256sums"];

    /// <summary>Compares; gives the names of the files too, which are all that may lie in the job's folder.</summary>
    public static async Task<(List<Difference> Differences, HashSet<string> Files)> CompareAsync(
        FaultClient client, Guid job, JobShape shape, IReadOnlyDictionary<long, SourceRow> rows, CancellationToken ct)
    {
        List<Difference> differences = [];
        var found = shape.Formats.ToDictionary(format => format, _ => new List<SourceRow?>(), StringComparer.Ordinal);
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (var file in (await client.ExportsAsync(job, ct)).EnumerateArray())
        {
            var (name, format) = (file.GetProperty("name").GetString()!, file.GetProperty("format").GetString()!);
            names.Add(name);
            if (await ReadAsync(client, job, name, ct) is not { } bytes) differences.Add(new("file missing", $"job {job}: {name}"));
            else if (Convert.ToHexStringLower(SHA256.HashData(bytes)) != file.GetProperty("sha256").GetString()) differences.Add(new("file not as its manifest says", $"job {job}: {name}"));
            else if (AboutTheFiles.Contains(format, StringComparer.Ordinal)) continue;
            else if (!found.TryGetValue(format, out var all)) differences.Add(new("file unasked for", $"job {job}: {name}"));
            else all.AddRange(ExportText.Rows(format, Text(bytes, file.GetProperty("compression"))));
        }

        foreach (var (format, all) in found) differences.AddRange(Compare($"job {job} ({shape}, {format})", all, rows));
        return (differences, names);
    }

    private static IEnumerable<Difference> Compare(string job, IReadOnlyList<SourceRow?> found, IReadOnlyDictionary<long, SourceRow> rows)
    {
        HashSet<long> seen = [];
        for (var i = 0; i < found.Count; i++)
        {
            if (found[i] is not { } row) yield return new("no record", $"{job}: {i + 1}");
            else if (!rows.TryGetValue(row.Key, out var expected)) yield return new("unknown", $"{job}: key {row.Key}");
            else if (!seen.Add(row.Key)) yield return new("twice", $"{job}: key {row.Key}");
            else if (row != expected) yield return new("changed", $"{job}: key {row.Key}, version {row.Version} for {expected.Version}");
        }

        foreach (var key in rows.Keys.Where(key => !seen.Contains(key))) yield return new("missing", $"{job}: key {key}");
    }

    private static async Task<byte[]?> ReadAsync(FaultClient client, Guid job, string name, CancellationToken ct)
    {
        await using var export = await client.ExportAsync(job, name, ct);
        if (export is null) return null;
        using var bytes = new MemoryStream();
        await export.CopyToAsync(bytes, ct);
        return bytes.ToArray();
    }

    private static string Text(byte[] bytes, JsonElement compression)
    {
        if (compression.ValueKind == JsonValueKind.Null) return Encoding.UTF8.GetString(bytes);
        using var text = new StreamReader(new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress), Encoding.UTF8);
        return text.ReadToEnd();
    }
}
