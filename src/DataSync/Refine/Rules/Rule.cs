using DataSync.Refine.Rules.Actions;
using DataSync.Refine.Rules.Logic;

namespace DataSync.Refine.Rules;

/// <summary>A compiled rule.</summary>
/// <param name="Id">Unique in its set.</param>
/// <param name="When">The condition; null for always.</param>
/// <param name="Then">What it does, in order.</param>
/// <param name="KeepsOnError">Whether a record on which it fails goes on as it was before the rule.</param>
internal sealed record Rule(string Id, LogicNode? When, RuleAction[] Then, bool KeepsOnError)
{
    /// <summary>Whether it may fail once it has changed the record. One change is made as a whole or not at all, so a rule whose last step is its only one has nothing to take back.</summary>
    public bool MayLeaveHalf { get; } = Then.Sum(a => a.Changes) > 1 || Then.SkipLast(1).Any(a => a.Changes > 0);
}
