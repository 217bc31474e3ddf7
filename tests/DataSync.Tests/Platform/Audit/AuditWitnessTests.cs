using DataSync.Platform.Audit.Chain;
using FsCheck.Fluent;

namespace DataSync.Tests.Platform.Audit;

public sealed class AuditWitnessTests
{
    [Fact]
    public void Entry_is_doubted_where_any_anchor_of_its_number_names_another_hash()
    {
        var anchor = from sequence in Gen.Choose(1, 12) from hash in Gen.Choose(1, 2) select Head(sequence, hash);
        var trials = from anchors in anchor.ListOf() from begins in Gen.Choose(1, 6) select (anchors, begins);
        foreach (var (heads, first) in trials.Sample(200))
        {
            var witness = new AuditWitness(heads);
            Assert.Equal(heads.Select(h => h.Sequence).DefaultIfEmpty().Max(), witness.Furthest);
            Assert.Equal(heads.GroupBy(h => h.Sequence).Where(g => g.Select(h => h.Hash[0]).Distinct().Count() > 1).Select(g => (long?)g.Key).Min(), witness.Torn);
            for (var i = first; i <= 12; i++) Assert.Equal(heads.All(h => h.Sequence != i || h.Hash[0] == 1), witness.Agrees(Head(i, 1)));
        }
    }

    private static AuditHead Head(long sequence, int first) => new("a", sequence, [(byte)first, .. new byte[31]]);
}
