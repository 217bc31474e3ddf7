namespace DataSync.Refine.Rules.Actions;

/// <summary>One thing a rule does to a record whose condition holds.</summary>
internal abstract class RuleAction
{
    /// <summary>Does it. Returns how it failed, with the field in <see cref="RuleRun.Field"/>; null where it worked.</summary>
    public abstract RuleFailure? Apply(RuleRun run);
}
