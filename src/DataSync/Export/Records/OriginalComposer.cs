using System.Buffers;
using DataSync.Pipeline;

namespace DataSync.Export.Records;

/// <summary>
/// Writes a refined record with <c>_original</c> behind its members: an object of the members that refinement changed or removed, each as it
/// was, byte for byte; null where it overwrote nothing. A document that is not an object is shown as <c>{"_value":…,"_original":…}</c>.
/// </summary>
internal sealed class OriginalComposer
{
    private readonly JsonMembers _now = new();
    private readonly JsonMembers _before = new();

    /// <summary>Appends one record. <paramref name="refined"/> is empty where refinement left the record as it was.</summary>
    public void Compose(ReadOnlySpan<byte> raw, ReadOnlySpan<byte> refined, RecordBuffer output)
    {
        var current = refined.IsEmpty ? raw : refined;
        if (!IsObject(current)) Wrap(current, raw, changed: !refined.IsEmpty && !raw.SequenceEqual(refined), output);
        else
        {
            var isEmpty = WriteMembers(current, parsed: !refined.IsEmpty, output);
            output.Write(isEmpty ? "\"_original\":"u8 : ",\"_original\":"u8);
            WriteOriginal(raw, refined, output);
            output.Write("}"u8);
        }

        output.EndRecord();
    }

    /// <summary>Writes everything but the last brace; answers whether there was no member.</summary>
    private bool WriteMembers(ReadOnlySpan<byte> document, bool parsed, RecordBuffer output)
    {
        var collides = OriginalMember.MayCollide(document);
        if (parsed || collides) _now.Read(document);
        var written = 0;
        for (var i = 0; collides && i < _now.Count; i++)
        {
            var member = _now[i];
            if (!OriginalMember.Collides(member.Name(document), member.NameIsEscaped)) continue;
            output.Write(document[written..member.NameStart]);
            output.Write("_"u8);
            written = member.NameStart;
        }

        var body = document[written..document.LastIndexOf((byte)'}')].TrimEnd(" \t\r\n"u8);
        output.Write(body);
        return written == 0 && body.TrimStart(" \t\r\n"u8).Length == 1;
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

    private static void Wrap(ReadOnlySpan<byte> current, ReadOnlySpan<byte> raw, bool changed, RecordBuffer output)
    {
        output.Write("{\"_value\":"u8);
        output.Write(current);
        output.Write(",\"_original\":"u8);
        output.Write(changed ? raw : "null"u8);
        output.Write("}"u8);
    }
}
