using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using DataSync.Pipeline;
using DataSync.Pipeline.Incremental;

namespace DataSync.IntegrationTests.Extract.Incremental;

/// <summary>Keeps what a test takes from a source, by job and ordinal, and gives it back; it can lose records, as a store does that they never reached, and remove them, as retention and erasures do.</summary>
internal sealed class TakenRecords
{
    private const int BatchRecords = 1000;
    private readonly Dictionary<Guid, List<(long Seq, byte[] Document)>> _jobs = [];
    private readonly Dictionary<Guid, int> _removed = [];

    public void Add(Guid job, long seq, ReadOnlySpan<byte> document)
    {
        lock (_jobs)
        {
            if (!_jobs.TryGetValue(job, out var records)) _jobs.Add(job, records = []);
            records.Add((seq, document.ToArray()));
        }
    }

    /// <summary>Removes every record that <paramref name="which"/> names, which its job has counted; returns how many.</summary>
    public int Remove(Func<string, bool> which)
    {
        lock (_jobs)
        {
            foreach (var (job, records) in _jobs) _removed[job] = _removed.GetValueOrDefault(job) + records.Count(r => which(Encoding.UTF8.GetString(r.Document)));
            return Lose(which);
        }
    }

    /// <summary>As <see cref="DataSync.Pipeline.Incremental.LacksKept"/> says.</summary>
    public Task<bool> LacksAsync(string tenantId, Guid jobId, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        lock (_jobs) return Task.FromResult(_jobs.GetValueOrDefault(jobId, []).Count == 0 || _removed.GetValueOrDefault(jobId) > 0);
    }

    /// <summary>Loses every record that <paramref name="which"/> names, as if it had never been counted; returns how many.</summary>
    public int Lose(Func<string, bool> which)
    {
        lock (_jobs) return _jobs.Values.Sum(records => records.RemoveAll(r => which(Encoding.UTF8.GetString(r.Document))));
    }

    public async IAsyncEnumerable<RecordBatch> ReadAsync(KeptRange range, [EnumeratorCancellation] CancellationToken ct)
    {
        await Task.CompletedTask;
        List<(long Seq, byte[] Document)> found;
        lock (_jobs) found = [.. _jobs.GetValueOrDefault(range.JobId, []).Where(r => r.Seq >= range.From && r.Seq <= range.To).Take(range.Limit ?? int.MaxValue)];
        foreach (var chunk in found.Chunk(BatchRecords))
        {
            var raw = new RecordBuffer();
            foreach (var (_, document) in chunk)
            {
                raw.Write((ReadOnlySpan<byte>)document);
                raw.EndRecord();
            }

            yield return new RecordBatch(0, raw) { Seqs = [.. chunk.Select(c => c.Seq)] };
        }
    }
}
