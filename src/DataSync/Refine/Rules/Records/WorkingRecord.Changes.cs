using DataSync.Refine.Rules.Logic;

namespace DataSync.Refine.Rules.Records;

/// <summary>Changing the record. A path below the top rewrites the top-level member it goes through.</summary>
internal sealed partial class WorkingRecord
{
    /// <summary>Puts a value at a path and makes the objects on the way. Null where it worked.</summary>
    public RuleFailure? Set(Evaluation evaluation, FieldPath path, in Value value)
    {
        if (!_isObject) return RuleFailure.NotAnObject;
        var written = JsonSlice.Of(evaluation, value);
        var at = IndexOf(path.Parts[0]);
        if (path.Parts.Length > 1)
        {
            var start = evaluation.Scratch.Length;
            if (at >= 0 && _members[at].ToValue(_document) is { Form: not ValueForm.Null } member)
            {
                if (!NestedEdit.TrySet(evaluation, member, path.Parts.AsSpan(1), written)) return RuleFailure.NotAnObject;
            }
            else
            {
                NestedEdit.WriteNew(evaluation.Scratch, path.Parts.AsSpan(1), written);
            }

            written = evaluation.Scratch.Since(start);
        }

        if (at >= 0) Replace(at, written);
        else Append(path.Parts[0], written);
        return null;
    }

    /// <summary>Takes a field out, each time it is there.</summary>
    public RuleFailure? Remove(Evaluation evaluation, FieldPath path)
    {
        if (!evaluation.TryFind(Root, path, out _)) return _isObject ? null : RuleFailure.NotAnObject;
        if (path.Parts.Length > 1) return Rewrite(evaluation, path, renamed: null);
        Drop(path.Parts[0], except: -1);
        return null;
    }

    /// <summary>Gives a field another name in its place; a field that has that name goes.</summary>
    public RuleFailure? Rename(Evaluation evaluation, FieldPath from, PathPart to)
    {
        if (!evaluation.TryFind(Root, from, out _)) return _isObject ? null : RuleFailure.NotAnObject;
        if (string.Equals(from.Parts[^1].Name, to.Name, StringComparison.Ordinal)) return null;
        if (from.Parts.Length > 1) return Rewrite(evaluation, from, to);
        var kept = IndexOf(from.Parts[0]);
        kept -= Drop(to, except: -1, before: kept);
        kept -= Drop(from.Parts[0], except: kept, before: kept);
        _members[kept].SetName(to);
        _isChanged = true;
        return null;
    }

    private RuleFailure? Rewrite(Evaluation evaluation, FieldPath path, PathPart? renamed)
    {
        var at = IndexOf(path.Parts[0]);
        var start = evaluation.Scratch.Length;
        if (!NestedEdit.TryRewrite(evaluation, _members[at].ToValue(_document), path.Parts.AsSpan(1), renamed)) return RuleFailure.NotAnObject;
        Replace(at, evaluation.Scratch.Since(start));
        return null;
    }

    private void Replace(int at, JsonSlice value)
    {
        ref var member = ref _members[at];
        if (member.Value(_document).SequenceEqual(value.Bytes)) return;
        member.SetValue(value);
        _isChanged = true;
    }

    private void Append(PathPart name, JsonSlice value)
    {
        ref var member = ref Next();
        member.SetName(name);
        member.SetValue(value);
        _isChanged = true;
    }

    /// <summary>Takes out every member of a name but one, and tells how many of them stood before a place.</summary>
    private int Drop(PathPart name, int except, int before = -1)
    {
        var (kept, droppedBefore) = (0, 0);
        for (var i = 0; i < _count; i++)
        {
            if (i != except && _members[i].NameIs(name, _document))
            {
                if (i < before) droppedBefore++;
                _isChanged = true;
                continue;
            }

            if (kept != i) _members[kept] = _members[i];
            kept++;
        }

        _count = kept;
        return droppedBefore;
    }
}
