using System.Buffers.Binary;

namespace DataSync.Extract.Incremental.Gaps;

/// <summary>Remembered records that one job keeps side by side. Their hashes stand side by side too.</summary>
/// <param name="Job">Index of the job; below 0 where no place is known.</param>
/// <param name="From">Ordinal of the first.</param>
/// <param name="Length">How many.</param>
internal readonly record struct KeptRun(int Job, long From, long Length)
{
    /// <summary>Jobs whose records are looked up at most, the newest: each is a question to the store. What older ones keep is known by its hashes.</summary>
    public const int MostJobs = 1_000;

    private const int Bytes = 20;

    /// <summary>Ordinal behind the last.</summary>
    public long End => From + Length;

    /// <summary>The state's form of records and their places: hashes in order of the places, and the runs of these.</summary>
    public static GapState Pack(GapState state, List<(UInt128 Hash, KeptPlace Place)> kept, IReadOnlyList<Guid> jobs)
    {
        var oldest = kept.Select(k => k.Place.Job).Where(j => j >= 0).Distinct().OrderDescending().Take(MostJobs).DefaultIfEmpty(0).Last();
        for (var i = 0; i < kept.Count; i++)
        {
            if (kept[i].Place.Job < oldest) kept[i] = (kept[i].Hash, KeptPlace.None);
        }

        kept.Sort(static (a, b) => (a.Place.Job, a.Place.Seq).CompareTo((b.Place.Job, b.Place.Seq)));
        var runs = new List<KeptRun>();
        foreach (var (_, place) in kept)
        {
            if (runs.Count > 0 && runs[^1] is var last && last.Job == place.Job && (place.Job < 0 || last.End == place.Seq)) runs[^1] = last with { Length = last.Length + 1 };
            else runs.Add(new KeptRun(place.Job, place.Seq, 1));
        }

        // jobs that keep none of them are forgotten; in order, as the places are
        var used = runs.Select(r => r.Job).Where(j => j >= 0).Distinct().ToList();
        return state with
        {
            Hashes = CursorState.Pack(kept.Select(k => k.Hash)),
            Jobs = [.. used.Select(j => jobs[j])],
            Runs = Write(runs.Select(r => r.Job < 0 ? r : r with { Job = used.BinarySearch(r.Job) })),
        };
    }

    /// <summary>Reads what <see cref="Pack"/> wrote; hashes without places where none are known.</summary>
    public static List<KeptRun> Read(GapState state)
    {
        if (state.Runs.Length == 0) return state.Hashes.Length == 0 ? [] : [new KeptRun(-1, -1, state.Hashes.Length / RecordHash.Bytes)];
        var runs = new List<KeptRun>(state.Runs.Length / Bytes);
        for (var rest = state.Runs.AsSpan(); rest.Length >= Bytes; rest = rest[Bytes..])
            runs.Add(new KeptRun(BinaryPrimitives.ReadInt32BigEndian(rest), BinaryPrimitives.ReadInt64BigEndian(rest[4..]), BinaryPrimitives.ReadInt64BigEndian(rest[12..])));
        return runs;
    }

    private static byte[] Write(IEnumerable<KeptRun> runs)
    {
        var packed = new List<byte>();
        Span<byte> one = stackalloc byte[Bytes];
        foreach (var run in runs)
        {
            BinaryPrimitives.WriteInt32BigEndian(one, run.Job);
            BinaryPrimitives.WriteInt64BigEndian(one[4..], run.From);
            BinaryPrimitives.WriteInt64BigEndian(one[12..], run.Length);
            packed.AddRange(one);
        }

        return [.. packed];
    }
}
