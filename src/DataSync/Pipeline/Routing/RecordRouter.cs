using DataSync.Pipeline.Failures;

namespace DataSync.Pipeline.Routing;

/// <summary>
/// Says where each record is kept, and counts why. A record whose rule cannot be computed goes to memory: what a rule might have kept out of the
/// database must not be stored because the rule failed. One router serves one stream of records.
/// </summary>
internal sealed class RecordRouter
{
    private readonly RoutingPlan _plan;
    private readonly MatchFirst _match;

    private RecordRouter(RoutingPlan plan, MatchFirst match) => (_plan, _match, Counts) = (plan, match, new RoutedCounts(plan));

    public RoutedCounts Counts { get; }

    /// <summary>Compiles a plan that was validated before.</summary>
    public static RecordRouter Of(RoutingPlan plan, CompileConditions compile)
    {
        var compiled = compile([.. plan.Rules.Select((rule, i) => new ConditionSource(rule.When, $"/processing_rules/routing/{i}/when"))]);
        return compiled.Faults.Count == 0
            ? new RecordRouter(plan, compiled.NewMatcher())
            : throw new SyncFailureException(SyncFailure.Permanent("errors.routing.invalid")) { Faults = compiled.Faults };
    }

    /// <summary>Routes a record, as it was extracted.</summary>
    public RecordRoute Route(ReadOnlyMemory<byte> document)
    {
        var match = _match(document);
        var to = match.IsUndecided ? SyncModes.Realtime : match.Index < 0 ? _plan.Default : _plan.Rules[match.Index].To;
        var route = new RecordRoute(ToMemory: string.Equals(to, SyncModes.Realtime, StringComparison.Ordinal), match);
        Counts.Add(route);
        return route;
    }
}

/// <summary>Where one record goes, and what decided it.</summary>
internal readonly record struct RecordRoute(bool ToMemory, ConditionMatch Match);
