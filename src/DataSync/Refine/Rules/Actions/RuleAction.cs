namespace DataSync.Refine.Rules.Actions;

/// <summary>One thing a rule does to a record whose condition holds.</summary>
internal abstract class RuleAction
{
    /// <summary>How many changes of the record it makes at most, one after the other.</summary>
    public virtual int Changes => 0;

    /// <summary>Does it. Returns how it failed, with the field in <see cref="RuleRun.Field"/>; null where it worked.</summary>
    public abstract RuleFailure? Apply(RuleRun run);
}
