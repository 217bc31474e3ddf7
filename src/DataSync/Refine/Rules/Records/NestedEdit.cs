using DataSync.Refine.Rules.Logic;

namespace DataSync.Refine.Rules.Records;

/// <summary>Writes an object again with one thing inside it changed; everything around is copied as it stands.</summary>
internal static class NestedEdit
{
    /// <summary>Writes <paramref name="container"/> with the value at a path. False where something on the way is not an object.</summary>
    public static bool TrySet(Evaluation evaluation, in Value container, ReadOnlySpan<PathPart> path, JsonSlice value)
    {
        if (container.Form != ValueForm.RawObject) return false;
        var output = evaluation.Scratch;
        if (!RawJson.Find(evaluation, container, path[0], out var start, out var length))
        {
            output.Write(container.Raw[..^1].TrimEnd(" \t\r\n"u8));
            if (!RawJson.IsEmpty(container)) output.Write((byte)',');
            output.Write(path[0].Quoted);
            output.Write((byte)':');
            WriteNew(output, path[1..], value);
            output.Write((byte)'}');
            return true;
        }

        var before = start - container.RawStart;
        output.Write(container.Raw[..before]);
        if (path.Length == 1)
        {
            output.Write(value.Bytes);
        }
        else
        {
            var member = Value.OfRaw(container.RawSource, start, length);
            if (member.Form == ValueForm.Null) WriteNew(output, path[1..], value);
            else if (!TrySet(evaluation, member, path[1..], value)) return false;
        }

        output.Write(container.Raw[(before + length)..]);
        return true;
    }

    /// <summary>Writes the value inside new objects, one for each part.</summary>
    public static void WriteNew(ScratchBuffer output, ReadOnlySpan<PathPart> path, JsonSlice value)
    {
        foreach (var part in path)
        {
            output.Write((byte)'{');
            output.Write(part.Quoted);
            output.Write((byte)':');
        }

        output.Write(value.Bytes);
        for (var i = 0; i < path.Length; i++) output.Write((byte)'}');
    }

    /// <summary>Writes <paramref name="container"/> without the field at a path, or with another name for it.</summary>
    public static bool TryRewrite(Evaluation evaluation, in Value container, ReadOnlySpan<PathPart> path, PathPart? renamed)
    {
        if (container.Form != ValueForm.RawObject || !RawJson.Find(evaluation, container, path[0], out var start, out var length)) return false;
        var output = evaluation.Scratch;
        if (path.Length > 1)
        {
            var before = start - container.RawStart;
            output.Write(container.Raw[..before]);
            if (!TryRewrite(evaluation, Value.OfRaw(container.RawSource, start, length), path[1..], renamed)) return false;
            output.Write(container.Raw[(before + length)..]);
            return true;
        }

        output.Write((byte)'{');
        var isFirst = true;
        var members = new MemberCursor(container);
        while (members.MoveNext())
        {
            var isTheOne = renamed is not null && members.ValueStart == start;
            if (!isTheOne && (members.NameIs(path[0]) || (renamed is not null && members.NameIs(renamed)))) continue;
            if (!isFirst) output.Write((byte)',');
            isFirst = false;
            output.Write(isTheOne ? renamed!.Quoted : members.Name);
            output.Write((byte)':');
            output.Write(container.RawSource.AsSpan(members.ValueStart, members.ValueLength));
        }

        output.Write((byte)'}');
        return true;
    }
}
