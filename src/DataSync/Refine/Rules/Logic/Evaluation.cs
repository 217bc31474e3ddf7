using DataSync.Refine.Rules.Records;

namespace DataSync.Refine.Rules.Logic;

/// <summary>The running of expressions on one record: the bounds, and how data is looked up.</summary>
internal sealed class Evaluation
{
    private const int BytesPerStep = 256;
    private int _steps;

    public WorkingRecord Record { get; } = new();

    public ScratchBuffer Scratch { get; } = new();

    /// <summary>Each rule has its own budget.</summary>
    public void BeginRule() => _steps = 0;

    public void Charge(int steps = 1)
    {
        _steps += steps;
        if (_steps > RuleLimits.Steps) throw new RuleFailureException(RuleFailure.TooManySteps);
    }

    public void ChargeBytes(int bytes) => Charge(bytes / BytesPerStep);

    /// <summary>Charges a search: what is compared at each place of a text.</summary>
    public void ChargeSearch(int length, int size) => Charge((int)Math.Min((long)length * size / BytesPerStep, RuleLimits.Steps + 1));

    /// <summary>Follows a path from some data. False where it ends in nothing; a null at its end is found.</summary>
    public bool TryFind(in Value data, FieldPath path, out Value found)
    {
        if (data.Form == ValueForm.Record && path.Parts.Length == 1) return data.Record.TryGet(path.Parts[0], out found);
        found = data;
        foreach (var part in path.Parts)
        {
            // A copy, because one variable cannot be both what is read and what is found.
            var current = found;
            if (!TryStep(current, part, out found)) return false;
        }

        return true;
    }

    private bool TryStep(in Value data, PathPart part, out Value found)
    {
        switch (data.Form)
        {
            case ValueForm.Record: return data.Record.TryGet(part, out found);
            case ValueForm.RawObject: return RawJson.TryMember(this, data, part, out found);
            case ValueForm.Items or ValueForm.RawArray: return TryArray(data, part, out found);
            case ValueForm.Text or ValueForm.RawText: return TryText(data, part, out found);
            case ValueForm.Scope when part.Name == "current":
                found = data.Scope.Current;
                return found.Form != ValueForm.Undefined;
            case ValueForm.Scope when part.Name == "accumulator":
                found = data.Scope.Accumulator;
                return found.Form != ValueForm.Undefined;
            default:
                found = default;
                return false;
        }
    }

    private bool TryArray(in Value array, PathPart part, out Value found)
    {
        found = default;
        if (part.IsLength) found = Value.Of(array.Form == ValueForm.Items ? array.Items.Length : RawJson.CountElements(this, array));
        else if (part.Index >= 0 && array.Form != ValueForm.Items) return RawJson.TryElement(this, array, part.Index, out found);
        else if (part.Index >= 0 && part.Index < array.Items.Length) found = array.Items[part.Index];
        return found.Form != ValueForm.Undefined;
    }

    /// <summary>A text has JavaScript's two members: its length, and its units by index.</summary>
    private bool TryText(in Value value, PathPart part, out Value found)
    {
        found = default;
        if (!part.IsLength && part.Index < 0) return false;
        var text = Coercion.ToText(this, value);
        if (part.IsLength) found = Value.Of(text.Length);
        else if (part.Index < text.Length) found = Value.Of(text[part.Index].ToString());
        return found.Form != ValueForm.Undefined;
    }
}
