using DataSync.Refine.LabelStudio.Tasks;

namespace DataSync.Refine.LabelStudio.Outcomes;

/// <summary>
/// Takes for each control what most people said there; of equally many, what the ground truth says, else who spoke last. Each person has one vote: the last annotation.
/// Controls whose results belong to the same regions are voted on as one, so that no label loses its region.
/// </summary>
internal static class MajorityVote
{
    public static Merged Of(IReadOnlyList<RawAnnotation> valid)
    {
        var voters = valid.GroupBy(a => a.Annotator ?? $"annotation {a.Id}", StringComparer.Ordinal).Select(g => g.MaxBy(a => (a.ChangedAt, a.Id))!).OrderBy(a => a.Id).ToList();
        List<string> results = [];
        List<double> agreements = [];
        foreach (var controls in Ballots(voters))
        {
            var opinions = voters.Select(v => (Voter: v, Results: v.Results.Where(r => controls.Contains(r.Control())).ToList()))
                .GroupBy(o => string.Join('\n', o.Results.Select(CanonicalResult.Of).Order(StringComparer.Ordinal)), StringComparer.Ordinal);
            var winner = opinions.MaxBy(o => (o.Count(), o.Any(v => v.Voter.IsGroundTruth), o.Max(v => v.Voter.ChangedAt), o.Max(v => v.Voter.Id)))!;
            results.AddRange(winner.MaxBy(o => (o.Voter.ChangedAt, o.Voter.Id)).Results.Select(r => r.GetRawText()));
            agreements.Add(winner.Count() / (double)voters.Count);
        }

        return Merged.Of(results, voters, agreements.Count == 0 ? 1 : agreements.Average());
    }

    /// <summary>The controls that are voted on together, in the order of their first results.</summary>
    private static List<HashSet<string>> Ballots(IReadOnlyList<RawAnnotation> voters)
    {
        List<HashSet<string>> ballots = [];
        foreach (var voter in voters)
        {
            foreach (var control in voter.Results.Select(r => r.Control()).Distinct(StringComparer.Ordinal))
            {
                if (!ballots.Any(b => b.Contains(control))) ballots.Add([control]);
            }

            foreach (var sharing in voter.Results.SelectMany(r => r.Ids().Select(id => (Id: id, Control: r.Control()))).GroupBy(r => r.Id, r => r.Control, StringComparer.Ordinal)) Join(ballots, [.. sharing]);
        }

        return ballots;
    }

    private static void Join(List<HashSet<string>> ballots, HashSet<string> controls)
    {
        var together = ballots.Where(b => b.Overlaps(controls)).ToList();
        foreach (var other in together.Skip(1))
        {
            together[0].UnionWith(other);
            ballots.Remove(other);
        }
    }
}
