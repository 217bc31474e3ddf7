using System.Text.Json;
using DataSync.Extract.Incremental;
using DataSync.Extract.Incremental.Gaps;
using FsCheck.Fluent;

namespace DataSync.Tests.Extract.Incremental;

/// <summary>Where records are stored is remembered as runs, each record's hash in the order of its place.</summary>
public class KeptRunTests
{
    [Fact]
    public void Places_come_back_each_with_its_hash_however_they_lie()
    {
        var jobs = Enumerable.Range(0, 4).Select(_ => Guid.CreateVersion7()).ToList();
        var places = Gen.ListOf(Gen.Choose(-1, 3).SelectMany(job => Gen.Choose(0, 40).Select(seq => (job, (long)seq))));
        foreach (var given in places.Sample(200))
        {
            var kept = given.Distinct().Select((p, i) => ((UInt128)(ulong)(i + 1), p.job < 0 ? KeptPlace.None : new KeptPlace(p.job, p.Item2))).ToList();
            var expected = kept.Select(k => (k.Item1, k.Item2.Job < 0 ? (Guid?)null : jobs[k.Item2.Job], k.Item2.Seq)).ToHashSet();
            var state = KeptRun.Pack(State(), [.. kept], jobs);
            var read = new HashSet<(UInt128, Guid?, long)>();
            var at = 0;
            foreach (var run in KeptRun.Read(state))
            {
                for (var i = 0; i < run.Length; i++, at++)
                {
                    var hash = CursorState.Unpack(state.Hashes.AsSpan(at * 16, 16)).Keys.Single();
                    read.Add((hash, run.Job < 0 ? null : state.Jobs[run.Job], run.Job < 0 ? -1 : run.From + i));
                }
            }

            Assert.True(read.SetEquals(expected));
            Assert.Equal(kept.Count, at);
            Assert.Equal(kept.Select(k => k.Item2.Job).Where(j => j >= 0).Distinct().Count(), state.Jobs.Length);
        }
    }

    [Fact]
    public void Only_the_newest_jobs_are_looked_up_and_what_older_ones_keep_is_known_by_its_hash()
    {
        var jobs = Enumerable.Range(0, KeptRun.MostJobs + 5).Select(_ => Guid.CreateVersion7()).ToList();
        var state = KeptRun.Pack(State(), [.. jobs.Select((_, i) => ((UInt128)(ulong)(i + 1), new KeptPlace(i, 7)))], jobs);
        Assert.Equal(jobs[5..], state.Jobs);
        Assert.Equal(new KeptRun(-1, -1, 5), KeptRun.Read(state)[0]);
        Assert.Equal(jobs.Count * 16, state.Hashes.Length);
    }

    private static GapState State() => new() { From = JsonElement.Parse("1"), KeyId = "k", Identity = "" };
}
