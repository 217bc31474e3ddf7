using DataSync.Refine.Rules.Actions;
using DataSync.Refine.Rules.Logic;

namespace DataSync.Refine.Rules.Checks;

/// <summary>What a check asks of a field's value. Nothing in it changes: jobs share it.</summary>
internal abstract class FieldCheck
{
    /// <summary>How it fails: its code and text.</summary>
    public abstract RuleFailure Failure { get; }

    /// <summary>Whether it also looks at a field that is absent or null; the others take such a field as right, as SQL does.</summary>
    public virtual bool SeesNothing => false;

    /// <summary>Whether the value is right.</summary>
    public abstract bool Holds(RuleRun run, in Value value);
}

/// <summary><c>not_null</c>: the field is there and not null.</summary>
internal sealed class NotNullCheck : FieldCheck
{
    public override RuleFailure Failure => RuleFailure.IsNull;

    public override bool SeesNothing => true;

    public override bool Holds(RuleRun run, in Value value) => !value.IsNothing;
}
