using System.Buffers;
using System.Text;
using DataSync.Pipeline;

namespace DataSync.Export.Records;

/// <summary>
/// Writes a refined record with what the export adds behind its members: <c>_original</c>, an object of the members that refinement changed or removed,
/// each as it was, byte for byte, null where it overwrote nothing; <c>_metadata</c>, what refinement says about the record, null where that is nothing; and a member for each
/// kind of enricher, such as <c>_ai</c>, with what it made, null where that is nothing.
/// A document that is not an object is shown as <c>{"_value":…,"_original":…,"_metadata":…}</c>.
/// </summary>
internal sealed class RecordComposer(bool original, bool metadata, IReadOnlyList<string> kinds)
{
    private readonly AddedMember[] _kinds = [.. kinds.Select(AddedMember.Of)];
    private readonly byte[][] _kindNames = [.. kinds.Select(Encoding.UTF8.GetBytes)];
    private readonly JsonMembers _made = new();
    private readonly JsonMembers _now = new();
    private readonly JsonMembers _before = new();

    /// <summary>Appends one record.</summary>
    /// <param name="raw">The document as extracted.</param>
    /// <param name="refined">The refined one; empty where refinement left the record as it was.</param>
    /// <param name="about">The record's metadata; empty where it has none.</param>
    /// <param name="enriched">What enrichers made of it, by kind; empty where there is nothing.</param>
    /// <param name="output">Takes the record.</param>
    public void Compose(ReadOnlySpan<byte> raw, ReadOnlySpan<byte> refined, ReadOnlySpan<byte> about, ReadOnlySpan<byte> enriched, RecordBuffer output)
    {
        var current = refined.IsEmpty ? raw : refined;
        var isObject = IsObject(current);
        var collides = isObject && MayCollide(current);
        if (isObject && (collides || (original && !refined.IsEmpty))) _now.Read(current);
        if (!isObject) output.Write("{\"_value\":"u8);
        var body = isObject ? current[..current.LastIndexOf((byte)'}')].TrimEnd(" \t\r\n"u8) : current;
        output.Write(body);
        var first = isObject && body[^1] == (byte)'{';
        if (original)
        {
            WriteName(AddedMember.Original, first, collides, current, output);
            first = false;
            if (isObject) WriteOriginal(raw, refined, output);
            else output.Write(refined.IsEmpty || raw.SequenceEqual(refined) ? "null"u8 : raw);
        }

        if (metadata)
        {
            WriteName(AddedMember.Metadata, first, collides, current, output);
            first = false;
            output.Write(about.IsEmpty ? "null"u8 : about);
        }

        if (_kinds.Length > 0) WriteEnriched(enriched, first, collides, current, output);

        output.Write("}"u8);
        output.EndRecord();
    }

    private bool MayCollide(ReadOnlySpan<byte> current)
    {
        if ((original && AddedMember.Original.MayCollide(current)) || (metadata && AddedMember.Metadata.MayCollide(current))) return true;
        foreach (var kind in _kinds)
        {
            if (kind.MayCollide(current)) return true;
        }

        return false;
    }

    private void WriteEnriched(ReadOnlySpan<byte> enriched, bool first, bool collides, ReadOnlySpan<byte> current, RecordBuffer output)
    {
        var any = !enriched.IsEmpty && _made.Read(enriched);
        for (var kind = 0; kind < _kinds.Length; kind++)
        {
            WriteName(_kinds[kind], first && kind == 0, collides, current, output);
            var member = -1;
            for (var i = 0; any && i < _made.Count; i++)
            {
                if (_made[i].Name(enriched).SequenceEqual(_kindNames[kind])) member = i;
            }

            output.Write(member < 0 ? "null"u8 : _made[member].Value(enriched));
        }
    }

    private void WriteName(AddedMember member, bool first, bool collides, ReadOnlySpan<byte> current, RecordBuffer output)
    {
        output.Write(first ? "\""u8 : ",\""u8);
        for (var more = collides ? member.Underscores(_now, current) : 1; more > 0; more--) output.Write("_"u8);
        output.Write(member.Word);
        output.Write("\":"u8);
    }

    private void WriteOriginal(ReadOnlySpan<byte> raw, ReadOnlySpan<byte> refined, RecordBuffer output)
    {
        if (refined.IsEmpty) output.Write("null"u8);
        else if (!_before.Read(raw)) output.Write(raw);
        else
        {
            var (next, any) = (0, false);
            for (var i = 0; i < _before.Count; i++)
            {
                if (IsKept(_before[i], raw, refined, ref next)) continue;
                output.Write(any ? ","u8 : "{"u8);
                output.Write(_before[i].Text(raw));
                any = true;
            }

            output.Write(any ? "}"u8 : "null"u8);
        }
    }

    /// <summary>Whether the refined document has the member with the same bytes. Members mostly keep their order, so the search goes on where the last one ended.</summary>
    private bool IsKept(JsonMember member, ReadOnlySpan<byte> raw, ReadOnlySpan<byte> refined, ref int next)
    {
        var name = member.Name(raw);
        for (var tried = 0; tried < _now.Count; tried++)
        {
            var index = next + tried < _now.Count ? next + tried : next + tried - _now.Count;
            if (!_now[index].Name(refined).SequenceEqual(name)) continue;
            next = index + 1 == _now.Count ? 0 : index + 1;
            return _now[index].Value(refined).SequenceEqual(member.Value(raw));
        }

        return false;
    }

    private static bool IsObject(ReadOnlySpan<byte> document) => document.TrimStart(" \t\r\n"u8) is [(byte)'{', ..];
}
