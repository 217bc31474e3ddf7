namespace DataSync.Pipeline.Routing;

/// <summary>How many records each rule sent, and the default; counted by one thread, read by any.</summary>
internal sealed class RoutedCounts(RoutingPlan plan)
{
    private readonly long[] _byRule = new long[plan.Rules.Count];
    private long _default, _undecided, _toMemory, _total;

    public long ToMemory => Interlocked.Read(ref _toMemory);

    public void Add(RecordRoute route)
    {
        Interlocked.Increment(ref _total);
        if (route.ToMemory) Interlocked.Increment(ref _toMemory);
        if (route.Match.IsUndecided) Interlocked.Increment(ref _undecided);
        else if (route.Match.Index < 0) Interlocked.Increment(ref _default);
        else Interlocked.Increment(ref _byRule[route.Match.Index]);
    }

    /// <summary>The counts as they are now. Its JSON form is stored with the job and shown as <c>routed</c>.</summary>
    public RoutedRecords Snapshot()
    {
        var memory = ToMemory;
        return new RoutedRecords(
            Interlocked.Read(ref _total) - memory, memory,
            [.. plan.Rules.Select((rule, i) => new RoutedByRule(i, rule.To, Interlocked.Read(ref _byRule[i])))],
            new RoutedByDefault(plan.Default, Interlocked.Read(ref _default)),
            Interlocked.Read(ref _undecided));
    }
}

/// <summary><c>routed</c> of a job.</summary>
/// <param name="Async">Records sent to the database.</param>
/// <param name="Realtime">Records sent to memory.</param>
/// <param name="Rules">By the rules, in order.</param>
/// <param name="Default">By none of them.</param>
/// <param name="Undecided">Whose rule could not be computed; they went to memory.</param>
internal sealed record RoutedRecords(long Async, long Realtime, IReadOnlyList<RoutedByRule> Rules, RoutedByDefault Default, long Undecided);

/// <summary>Records that one rule sent.</summary>
internal sealed record RoutedByRule(int Rule, string To, long Records);

/// <summary>Records that met no rule.</summary>
internal sealed record RoutedByDefault(string To, long Records);
