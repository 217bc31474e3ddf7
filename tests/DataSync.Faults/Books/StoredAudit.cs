using System.Globalization;
using System.Text.Json;
using DataSync.Faults.Running;

namespace DataSync.Faults.Books;

/// <summary>Holds what the database keeps of a job against the ledger: each row that is not for memory once, none that is, and the job's own counts.</summary>
internal static class StoredAudit
{
    public static async Task<IEnumerable<Difference>> CompareAsync(FaultSystem system, Guid job, JobShape shape, IReadOnlyDictionary<long, SourceRow> rows, CancellationToken ct)
    {
        List<Difference> differences = [];
        var expected = rows.Keys.Where(key => !shape.IsForMemory(key)).ToList();
        var stored = (await system.Database.ReadAsync($"SELECT raw_data ->> 'key' FROM sync_data WHERE job_id = '{job}'", ct)).ConvertAll(key => long.Parse(key, CultureInfo.InvariantCulture));
        stored.Sort();
        if (!stored.SequenceEqual(expected)) differences.Add(new("stored otherwise", $"job {job} ({shape}): {stored.Count} rows, {stored.Distinct().Count()} keys, for {expected.Count}; for memory {stored.Count(shape.IsForMemory)}"));
        var told = await system.Client.JobAsync(job, ct);
        Expect("record_count", rows.Count, told);
        if (!shape.IsHybrid) return differences;
        if (told.GetProperty("routed") is not { ValueKind: JsonValueKind.Object } routed) return [.. differences, new("routing not told", $"job {job} ({shape})")];
        Expect("async", expected.Count, routed);
        Expect("realtime", rows.Count - expected.Count, routed);
        return differences;

        void Expect(string name, int count, JsonElement of)
        {
            if (of.GetProperty(name).GetInt64() != count) differences.Add(new("miscounted", $"job {job} ({shape}): {name} {of.GetProperty(name)} for {count}"));
        }
    }
}
