using System.Runtime.CompilerServices;
using System.Text;
using DataSync.Pipeline;

namespace DataSync.IntegrationTests.Postgres;

/// <summary>Streams of batches made of given documents.</summary>
internal static class Batches
{
    public static async IAsyncEnumerable<RecordBatch> Of(
        IReadOnlyList<string> documents, int size, Action<RecordBatch>? refine = null, [EnumeratorCancellation] CancellationToken ct = default)
    {
        for (var start = 0; start < documents.Count; start += size)
        {
            await Task.Yield();
            ct.ThrowIfCancellationRequested();
            var buffer = new RecordBuffer();
            for (var i = start; i < Math.Min(start + size, documents.Count); i++) buffer.Add(Encoding.UTF8.GetBytes(documents[i]));
            var batch = new RecordBatch(start, buffer) { ResumeToken = Encoding.UTF8.GetBytes($"{{\"at\":{start + buffer.Count}}}") };
            refine?.Invoke(batch);
            yield return batch;
        }
    }

    public static async Task<List<(string Raw, string Current)>> ToListAsync(IAsyncEnumerable<RecordBatch> batches, CancellationToken ct)
    {
        List<(string, string)> all = [];
        await foreach (var batch in batches.WithCancellation(ct))
        {
            using (batch)
            {
                for (var i = 0; i < batch.Count; i++) all.Add((Encoding.UTF8.GetString(batch.Raw[i]), Encoding.UTF8.GetString(batch.Current(i).Span)));
            }
        }

        return all;
    }
}
