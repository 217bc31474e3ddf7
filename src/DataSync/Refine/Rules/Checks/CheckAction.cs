using DataSync.Pipeline;
using DataSync.Refine.Rules.Actions;
using DataSync.Refine.Rules.Records;

namespace DataSync.Refine.Rules.Checks;

/// <summary>Looks whether a field is as it should be. The record itself never changes.</summary>
/// <param name="path">The field.</param>
/// <param name="check">What is asked of it.</param>
/// <param name="ruleId">The check's id.</param>
/// <param name="rejects">A record that fails is refused.</param>
/// <param name="tag">The tag of a record that fails; null for none.</param>
internal sealed class CheckAction(FieldPath path, FieldCheck check, string ruleId, bool rejects, string? tag) : RuleAction
{
    private readonly Rejection? _rejection = rejects ? new Rejection(ruleId, check.Failure.Code, check.Failure.MessageKey, path.Text) : null;

    /// <summary>Whether it may put a tag on a record.</summary>
    public bool Tags => tag is not null;

    public override RuleFailure? Apply(RuleRun run)
    {
        run.Field = path.Text;
        var found = run.Evaluation.TryFind(run.Record.Root, path, out var value);
        if (!found) value = Logic.Value.Null;
        if ((value.IsNothing && !check.SeesNothing) || check.Holds(run, value)) return null;
        Refused.Mark(run, _rejection, tag);
        return null;
    }
}

/// <summary>What becomes of a record that a check finds wrong.</summary>
internal static class Refused
{
    /// <summary>Counts it, and refuses or tags it.</summary>
    public static void Mark(RuleRun run, Rejection? rejection, string? tag)
    {
        run.HasFailed = true;
        run.Rejection = rejection;
        if (tag is not null && !run.Tags.Contains(tag, StringComparer.Ordinal)) run.Tags.Add(tag);
    }
}
