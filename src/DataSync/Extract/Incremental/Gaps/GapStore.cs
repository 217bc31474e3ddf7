using System.Collections;
using DataSync.Pipeline;
using DataSync.Pipeline.Incremental;

namespace DataSync.Extract.Incremental.Gaps;

/// <summary>Sees a record as the store has it.</summary>
internal delegate void SeeStored(ReadOnlySpan<byte> document, KeptPlace place);

/// <summary>
/// What the store holds of the records that this sync and those before it delivered. Each is looked up where it was put, so a record that was lost there is one that never arrived.
/// What was removed from there on purpose must not be read again: it is known by its hash, of a job that keeps less than it stored by its own count.
/// </summary>
internal sealed class GapStore(ReadKept read, LacksKept lacks, SyncRun run)
{
    private readonly List<Guid> _jobs = [];

    /// <summary>The jobs that <see cref="KeptPlace.Job"/> counts.</summary>
    public IReadOnlyList<Guid> Jobs => _jobs;

    /// <summary>This one among them.</summary>
    public int Own { get; private set; }

    /// <summary>Records of a job before were removed, and are known by their hashes alone.</summary>
    public bool IsPurged { get; private set; }

    /// <summary>Shows what is stored, once all that was handed out is.</summary>
    /// <param name="prior">What the state remembers.</param>
    /// <param name="handedOut">Ordinal behind the last record that was handed out.</param>
    /// <param name="see">Sees each record.</param>
    /// <param name="trust">Gets the hashes of records that cannot be looked up any more.</param>
    /// <param name="ct">Ends it.</param>
    public async Task LoadAsync(GapState? prior, long handedOut, SeeStored see, Action<ReadOnlyMemory<byte>> trust, CancellationToken ct)
    {
        await run.Stored.WaitAsync(handedOut, ct);
        if (prior is not null) _jobs.AddRange(prior.Jobs);
        _jobs.Add(run.JobId);
        Own = _jobs.Count - 1;
        var hashes = 0;
        foreach (var group in prior is null ? [] : KeptRun.Read(prior).GroupBy(r => r.Job))
        {
            List<KeptRun> runs = [.. group];
            var length = (int)runs.Sum(r => r.Length) * RecordHash.Bytes;
            var known = prior!.Hashes.AsMemory(hashes, length);
            hashes += length;
            if (group.Key < 0)
            {
                trust(known);
                continue;
            }

            var isThere = new BitArray(length / RecordHash.Bytes);
            await FindAsync(runs, isThere, see, ct);
            if (isThere.HasAllSet() || !await lacks(run.TenantId, _jobs[group.Key], ct)) continue;
            IsPurged = true;
            trust(Rest(known, isThere));
        }

        if (handedOut > 0) await FindAsync([new KeptRun(Own, 0, handedOut)], null, see, ct);
    }

    /// <summary>Reads what one job keeps between its first and last run, shows what lies within one, and marks which of theirs it is.</summary>
    private async Task FindAsync(List<KeptRun> runs, BitArray? isThere, SeeStored see, CancellationToken ct)
    {
        var (before, at, job) = (0L, 0, runs[0].Job);
        await foreach (var batch in read(new KeptRange(run.TenantId, _jobs[job], runs[0].From, runs[^1].End - 1), ct))
        {
            using (batch)
            {
                for (var i = 0; i < batch.Count; i++)
                {
                    var seq = batch.SeqOf(i);
                    while (at < runs.Count && seq >= runs[at].End) before += runs[at++].Length;
                    if (at == runs.Count || seq < runs[at].From) continue;
                    if (isThere is not null) isThere[(int)(before + seq - runs[at].From)] = true;
                    see(batch.Raw[i], new KeptPlace(job, seq));
                }
            }
        }
    }

    /// <summary>The hashes of those that are not there.</summary>
    private static byte[] Rest(ReadOnlyMemory<byte> known, BitArray isThere)
    {
        var rest = new List<byte>();
        for (var i = 0; i < isThere.Length; i++)
        {
            if (!isThere[i]) rest.AddRange(known.Span.Slice(i * RecordHash.Bytes, RecordHash.Bytes));
        }

        return [.. rest];
    }
}
