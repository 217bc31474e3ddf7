using DataSync.Refine.Rules.Logic;
using DataSync.Refine.Rules.Records;

namespace DataSync.Refine.Rules.Actions;

/// <summary>Computes fields, one after the other: each sees those before.</summary>
internal sealed class SetAction((FieldPath Path, LogicNode Value)[] fields) : RuleAction
{
    public override int Changes => fields.Length;

    public override RuleFailure? Apply(RuleRun run)
    {
        foreach (var (path, logic) in fields)
        {
            run.Field = path.Text;
            var value = logic.Evaluate(run.Evaluation, run.Record.Root);
            if (run.Record.Set(run.Evaluation, path, value) is { } failure) return failure;
        }

        return null;
    }
}

/// <summary>Takes fields out; one that is not there is no failure.</summary>
internal sealed class RemoveAction(FieldPath path) : RuleAction
{
    public override int Changes => 1;

    public override RuleFailure? Apply(RuleRun run)
    {
        run.Field = path.Text;
        return run.Record.Remove(run.Evaluation, path);
    }
}

/// <summary>Gives fields another name within their object.</summary>
internal sealed class RenameAction((FieldPath From, PathPart To)[] fields) : RuleAction
{
    public override int Changes => fields.Length;

    public override RuleFailure? Apply(RuleRun run)
    {
        foreach (var (from, to) in fields)
        {
            run.Field = from.Text;
            if (run.Record.Rename(run.Evaluation, from, to) is { } failure) return failure;
        }

        return null;
    }
}

/// <summary>Gives fields another type. Absent and null fields stay as they are.</summary>
internal sealed class CastAction((FieldPath Path, Cast Cast)[] fields) : RuleAction
{
    public override int Changes => fields.Length;

    public override RuleFailure? Apply(RuleRun run)
    {
        foreach (var (path, cast) in fields)
        {
            run.Field = path.Text;
            if (!run.Evaluation.TryFind(run.Record.Root, path, out var value) || value.Form == ValueForm.Null) continue;
            if (cast(run.Evaluation, value) is not { } converted) return RuleFailure.CastFailed;
            if (run.Record.Set(run.Evaluation, path, converted) is { } failure) return failure;
        }

        return null;
    }
}
