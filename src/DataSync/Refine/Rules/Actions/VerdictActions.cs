using DataSync.Pipeline;

namespace DataSync.Refine.Rules.Actions;

/// <summary>Refuses the record, in the rule's own words.</summary>
internal sealed class RejectAction(Rejection rejection) : RuleAction
{
    public override RuleFailure? Apply(RuleRun run)
    {
        run.Rejection = rejection;
        return null;
    }
}

/// <summary>Puts a tag on the record's metadata, once.</summary>
internal sealed class TagAction(string tag) : RuleAction
{
    public override RuleFailure? Apply(RuleRun run)
    {
        if (!run.Tags.Contains(tag, StringComparer.Ordinal)) run.Tags.Add(tag);
        return null;
    }
}
