namespace DataSync.Pipeline.Refinement;

/// <summary>How often each rule and check was met, failed and refused: in a batch, or in all batches so far. Written by one thread at a time.</summary>
/// <param name="ids">The rules' ids, in their order; always the same for one job.</param>
internal sealed class RuleHits(IReadOnlyList<string> ids)
{
    private readonly long[] _hits = new long[ids.Count], _failed = new long[ids.Count], _rejected = new long[ids.Count];

    /// <summary>The rules' ids, in order.</summary>
    public IReadOnlyList<string> Ids { get; } = ids;

    /// <summary>A rule ran on a record, or a check looked at one.</summary>
    public void Hit(int rule) => _hits[rule]++;

    /// <summary>A rule could not do its work on a record, or a check found its value wrong.</summary>
    public void Fail(int rule) => _failed[rule]++;

    /// <summary>A record was refused.</summary>
    public void Reject(int rule) => _rejected[rule]++;

    /// <summary>Adds another's counts; null adds nothing.</summary>
    public RuleHits With(RuleHits? other)
    {
        for (var i = 0; i < Math.Min(Ids.Count, other?.Ids.Count ?? 0); i++)
        {
            _hits[i] += other!._hits[i];
            _failed[i] += other._failed[i];
            _rejected[i] += other._rejected[i];
        }

        return this;
    }

    /// <summary>The counts as they are now. Their JSON form is stored with the job and shown as <c>rules</c>.</summary>
    public IReadOnlyList<RuleCount> Snapshot() => [.. Ids.Select((id, i) => new RuleCount(id, _hits[i], _failed[i], _rejected[i]))];

    /// <summary>Counts to go on from; null where nothing was counted.</summary>
    public static RuleHits? Of(IReadOnlyList<RuleCount>? counts)
    {
        if (counts is not { Count: > 0 }) return null;
        var hits = new RuleHits([.. counts.Select(c => c.RuleId)]);
        foreach (var (i, count) in counts.Index()) (hits._hits[i], hits._failed[i], hits._rejected[i]) = (count.Hits, count.Failed, count.Rejected);
        return hits;
    }

    /// <summary>Both together; null where neither counted.</summary>
    public static RuleHits? Sum(RuleHits? one, RuleHits? other) => (one ?? other) is { } any ? new RuleHits(any.Ids).With(one).With(other) : null;
}

/// <summary>The counts of one rule or check, of a job.</summary>
/// <param name="RuleId">Its id.</param>
/// <param name="Hits">Records on which it ran.</param>
/// <param name="Failed">Records on which it failed, whatever became of them.</param>
/// <param name="Rejected">Records it refused.</param>
internal sealed record RuleCount(string RuleId, long Hits, long Failed, long Rejected);
