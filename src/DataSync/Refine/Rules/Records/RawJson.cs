using System.Text.Json;
using DataSync.Refine.Rules.Logic;

namespace DataSync.Refine.Rules.Records;

/// <summary>Finds things in JSON text without parsing it into objects.</summary>
internal static class RawJson
{
    // A bit a level: what the source could hold, rules can read. Nothing here recurses over a document.
    private static readonly JsonReaderOptions Options = new() { MaxDepth = int.MaxValue };

    public static Utf8JsonReader Reader(ReadOnlySpan<byte> json) => new(json, Options);

    /// <summary>The member of an object by name; the last one counts where a name comes twice, as in JavaScript.</summary>
    public static bool TryMember(Evaluation evaluation, in Value container, PathPart part, out Value found)
    {
        found = default;
        if (container.RawToken > 0)
        {
            evaluation.ChargeBytes(container.RawLength);
            var token = evaluation.Record.Member(container.RawToken, part);
            if (token > 0) found = evaluation.Record.Of(token);
            return token > 0;
        }

        if (!Find(evaluation, container, part, out var start, out var length)) return false;
        found = Value.OfRaw(container.RawSource, start, length);
        return true;
    }

    /// <summary>Where the value of a member stands in the array that holds the object.</summary>
    public static bool Find(Evaluation evaluation, in Value container, PathPart part, out int start, out int length)
    {
        evaluation.ChargeBytes(container.RawLength);
        (start, length) = (0, 0);
        var members = new MemberCursor(container);
        while (members.MoveNext())
        {
            if (members.NameIs(part)) (start, length) = (members.ValueStart, members.ValueLength);
        }

        return length > 0;
    }

    /// <summary>The element of an array by its index.</summary>
    public static bool TryElement(Evaluation evaluation, in Value array, int index, out Value found)
    {
        var elements = new ArrayCursor(evaluation, array);
        for (var i = 0; elements.MoveNext(out found); i++)
        {
            if (i == index) return true;
        }

        found = default;
        return false;
    }

    public static int CountElements(Evaluation evaluation, in Value array)
    {
        var elements = new ArrayCursor(evaluation, array);
        var count = 0;
        while (elements.MoveNext(out _)) count++;
        return count;
    }

    /// <summary>True where an array has no element, or an object no member.</summary>
    public static bool IsEmpty(in Value container) => container.Raw[1..^1].Trim(" \t\r\n"u8).IsEmpty;
}
